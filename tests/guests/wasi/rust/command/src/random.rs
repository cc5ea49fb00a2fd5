//!     random bytes N            prints N random bytes in hexadecimal digits (wasi:random/random)
//!     random seed               prints a hash by keys whose seed is wasi:random/insecure-seed: another one in each
//!                               instance

use std::hash::{BuildHasher, RandomState};
use std::io;

use crate::{number, usage, Arguments};

// Of wasi-libc, which the standard library stands on; it refuses more bytes than this at once.
const MOST_AT_ONCE: usize = 256;
extern "C" {
    fn getentropy(buffer: *mut u8, length: usize) -> i32;
}

pub fn run(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["bytes", count] => bytes(number(count)?),
        ["seed"] => {
            println!("{:016x}", RandomState::new().hash_one(1));
            Ok(())
        }
        _ => Err(usage("random bytes | seed")),
    }
}

fn bytes(count: u64) -> io::Result<()> {
    let mut left = count;
    while left > 0 {
        let mut piece = [0; MOST_AT_ONCE];
        let size = left.min(MOST_AT_ONCE as u64) as usize;
        // SAFETY: `piece` has at least `size` bytes.
        if unsafe { getentropy(piece.as_mut_ptr(), size) } != 0 {
            return Err(io::Error::last_os_error());
        }
        piece[..size].iter().for_each(|byte| print!("{byte:02x}"));
        left -= size as u64;
    }
    println!();
    Ok(())
}
