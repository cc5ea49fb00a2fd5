//!     time wall                 prints nanoseconds since 1970
//!     time monotonic            prints `ok` when a million readings never went back
//!     time sleep MS             sleeps and prints `slept` and how many nanoseconds it took
//!     time nap COUNT            sleeps COUNT times for a microsecond and prints `napped`

use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{number, usage, Arguments};

const READINGS: u32 = 1_000_000;

pub fn run(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["wall"] => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
            println!("{}", now.as_nanos());
        }
        ["monotonic"] => monotonic()?,
        ["sleep", milliseconds] => {
            let start = Instant::now();
            sleep(Duration::from_millis(number(milliseconds)?));
            println!("slept {}", start.elapsed().as_nanos());
        }
        ["nap", count] => {
            (0..number(count)?).for_each(|_| sleep(Duration::from_micros(1)));
            println!("napped");
        }
        _ => return Err(usage("time wall | monotonic | sleep | nap")),
    }
    Ok(())
}

fn monotonic() -> io::Result<()> {
    let mut last = Instant::now();
    for _ in 0..READINGS {
        let now = Instant::now();
        if now < last {
            return Err(io::Error::other("the clock went back"));
        }
        last = now;
    }
    println!("ok");
    Ok(())
}
