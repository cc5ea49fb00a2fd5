//! A resource type whose destructor can be seen to run.

use std::cell::Cell;

use crate::exports::test::values::counters::{Counter, CounterBorrow, Guest, GuestCounter};
use crate::Tally;

static MADE: Tally = Tally::new();
static DROPPED: Tally = Tally::new();

pub struct Value(Cell<u32>);

impl Value {
    fn make(start: u32) -> Self {
        MADE.increment();
        Self(Cell::new(start))
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        DROPPED.increment();
    }
}

impl GuestCounter for Value {
    fn new(start: u32) -> Self {
        Self::make(start)
    }
    fn increment(&self, by: u32) -> u32 {
        self.0.set(self.0.get().wrapping_add(by));
        self.0.get()
    }
    fn value(&self) -> u32 {
        self.0.get()
    }
    fn merge(a: Counter, b: Counter) -> Counter {
        let sum = a.get::<Value>().value().wrapping_add(b.get::<Value>().value());
        Counter::new(Value::make(sum))
    }
}

impl Guest for crate::Guest {
    type Counter = Value;

    fn peek(c: CounterBorrow<'_>) -> u32 {
        c.get::<Value>().value()
    }
    fn take(c: Counter) -> u32 {
        c.get::<Value>().value()
    }
    fn make(n: u32) -> Vec<Counter> {
        (0..n).map(|start| Counter::new(Value::make(start))).collect()
    }
    fn take_all(c: Vec<Counter>) -> u64 {
        c.iter().map(|counter| u64::from(counter.get::<Value>().value())).sum()
    }
    fn find(start: Option<u32>) -> Option<Counter> {
        start.map(|start| Counter::new(Value::make(start)))
    }
    fn live() -> u32 {
        MADE.get() - DROPPED.get()
    }
    fn dropped() -> u32 {
        DROPPED.get()
    }
}
