//! Counts the words of its standard input and prints the most frequent ones.
//!
//!     davit run tally.wasm [HOW MANY] < TEXT
//!
//! An ordinary program of Rust's standard library: nothing in it knows of davit.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::process::ExitCode;

fn count(input: impl BufRead) -> io::Result<HashMap<String, u32>> {
    let mut counts = HashMap::new();
    for line in input.lines() {
        for word in line?.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    Ok(counts)
}

fn main() -> ExitCode {
    let how_many = match std::env::args().nth(1).map(|argument| argument.parse()) {
        None => 10,
        Some(Ok(number)) => number,
        Some(Err(_)) => {
            eprintln!("usage: tally [HOW MANY] < TEXT");
            return ExitCode::FAILURE;
        }
    };
    let mut counts: Vec<_> = match count(io::stdin().lock()) {
        Ok(counts) => counts.into_iter().collect(),
        Err(error) => {
            eprintln!("tally: {error}");
            return ExitCode::FAILURE;
        }
    };
    counts.sort_by(|(word, count), (other, others)| others.cmp(count).then(word.cmp(other)));
    for (word, count) in counts.into_iter().take(how_many) {
        println!("{count:5} {word}");
    }
    ExitCode::SUCCESS
}
