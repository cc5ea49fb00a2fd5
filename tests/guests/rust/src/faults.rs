//! Ways to fail that a real program has.

use std::hint::black_box;

use crate::exports::test::values::faults::Guest;
use crate::Tally;

static CALLS: Tally = Tally::new();

/// Not a tail call: something is left to do after it.
#[expect(unconditional_recursion)]
fn descend(depth: u64) -> u64 {
    descend(black_box(depth + 1)) ^ depth
}

impl Guest for crate::Guest {
    fn panic(message: String) {
        panic!("{message}");
    }
    fn loop_forever() {
        let mut turns = 0u64;
        loop {
            turns = black_box(turns.wrapping_add(1));
        }
    }
    fn overflow_stack() -> u64 {
        descend(0)
    }
    fn grow_memory() -> u64 {
        while core::arch::wasm32::memory_grow(0, 1) != usize::MAX {}
        core::arch::wasm32::memory_size(0) as u64
    }
    fn allocate(bytes: u64) -> u64 {
        let block = black_box(vec![1u8; usize::try_from(bytes).expect("more than an address space")]);
        block.len() as u64
    }
    fn divide(a: i32, b: i32) -> i32 {
        a.checked_div(b).expect("a quotient that fits")
    }
    fn index(i: u32) -> u32 {
        black_box([10, 20, 30])[i as usize]
    }
    fn calls() -> u32 {
        CALLS.increment()
    }
}
