//! A command of Rust's standard library: argv[1] says what it does.
//!
//! The result goes to standard output. What fails is told on standard error as `error: KIND`, by the name of the
//! `std::io::ErrorKind`, and ends the command with exit code 1; so does a wrong usage.
//!
//!     hello                     prints `hello from rust`
//!     process ...               arguments, environment, ends of the process: process.rs
//!     stdio ...                 standard streams: stdio.rs
//!     time ...                  clocks and sleep: time.rs
//!     random ...                random bytes and seeds: random.rs
//!     files ...                 files and directories: files.rs
//!     tcp, udp, resolve ...     sockets and names: sockets.rs

mod files;
mod process;
mod random;
mod sockets;
mod stdio;
mod time;

use std::io;
use std::process::ExitCode;

/// The arguments after the name of a subcommand.
pub type Arguments<'a> = &'a [&'a str];

/// What a wrong usage ends with.
pub fn usage(of: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("usage: {of}"))
}

/// An argument that is a number.
pub fn number(argument: &str) -> io::Result<u64> {
    argument.parse().map_err(|_| usage("a number is wanted"))
}

fn run(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["hello"] => {
            println!("hello from rust");
            Ok(())
        }
        ["process", rest @ ..] => process::run(rest),
        ["stdio", rest @ ..] => stdio::run(rest),
        ["time", rest @ ..] => time::run(rest),
        ["random", rest @ ..] => random::run(rest),
        ["files", rest @ ..] => files::run(rest),
        ["tcp", rest @ ..] => sockets::tcp(rest),
        ["udp", rest @ ..] => sockets::udp(rest),
        ["resolve", host] => sockets::resolve(host),
        _ => Err(usage("hello | process | stdio | time | random | files | tcp | udp | resolve")),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {:?}", error.kind());
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
