//! The world `library` of ../../../wit/library.wit by Rust's standard library.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

wit_bindgen::generate!({ world: "library", path: "../../wit" });

use exports::test::wasi::{basics, entropy, files, output, process as ending, time};

// Of wasi-libc, which the standard library stands on; it refuses more bytes than this at once.
const MOST_AT_ONCE: usize = 256;
extern "C" {
    fn getentropy(buffer: *mut u8, length: usize) -> i32;
}

static COUNT: AtomicU32 = AtomicU32::new(0);

struct Library;

impl basics::Guest for Library {
    fn greet(name: String) -> String {
        format!("hello {name} from rust")
    }

    fn count() -> u32 {
        COUNT.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl time::Guest for Library {
    fn now() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_nanos() as u64
    }

    fn sleep(milliseconds: u64) -> u64 {
        let start = Instant::now();
        thread::sleep(Duration::from_millis(milliseconds));
        start.elapsed().as_nanos() as u64
    }
}

impl entropy::Guest for Library {
    fn random(count: u32) -> Vec<u8> {
        let mut bytes = vec![0; count as usize];
        for piece in bytes.chunks_mut(MOST_AT_ONCE) {
            // SAFETY: the piece has as many bytes as it says.
            assert_eq!(unsafe { getentropy(piece.as_mut_ptr(), piece.len()) }, 0);
        }
        bytes
    }
}

impl output::Guest for Library {
    fn print(line: String) {
        println!("{line}");
    }

    fn complain(line: String) {
        eprintln!("{line}");
    }
}

impl ending::Guest for Library {
    fn variable(name: String) -> Option<String> {
        env::var(name).ok()
    }

    fn arguments() -> Vec<String> {
        env::args().collect()
    }

    fn exit(success: bool) {
        process::exit(i32::from(!success));
    }
}

impl files::Guest for Library {
    fn write(path: String, contents: Vec<u8>) -> Result<(), String> {
        fs::write(path, contents).map_err(text)
    }

    fn read(path: String) -> Result<Vec<u8>, String> {
        fs::read(path).map_err(text)
    }

    fn names(path: String) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(text)? {
            names.push(entry.map_err(text)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}

fn text(error: io::Error) -> String {
    error.to_string()
}

export!(Library);
