//! The component of wit/values.wit.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

wit_bindgen::generate!({ world: "values", path: "wit" });

mod counters;
mod echoes;
mod faults;

struct Guest;
export!(Guest);

/// A count of this instance, which has one thread.
struct Tally(AtomicU32);

impl Tally {
    const fn new() -> Self {
        Self(AtomicU32::new(0))
    }
    fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }
    /// The value after adding one.
    fn increment(&self) -> u32 {
        self.0.fetch_add(1, Relaxed) + 1
    }
}
