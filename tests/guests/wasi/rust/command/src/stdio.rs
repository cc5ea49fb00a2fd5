//!     stdio both                one line to standard output, one to standard error
//!     stdio echo                copies standard input to standard output until it ends
//!     stdio lines               prints each line of standard input with its number as soon as it has come
//!     stdio ask                 prints `name? ` without a newline, reads a line, prints `hello NAME`
//!     stdio count               prints how many bytes standard input had
//!     stdio flood BYTES         writes this many bytes, all `x`, to standard output
//!     stdio terminal            prints for stdin, stdout and stderr whether each is a terminal

use std::io::{self, BufRead, IsTerminal, Read, Write};

use crate::{number, usage, Arguments};

const PIECE: usize = 64 * 1024;

pub fn run(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["both"] => {
            println!("to standard output");
            eprintln!("to standard error");
            Ok(())
        }
        ["echo"] => echo(),
        ["lines"] => lines(),
        ["ask"] => ask(),
        ["count"] => count(),
        ["flood", bytes] => flood(number(bytes)?),
        ["terminal"] => {
            println!("stdin {}", io::stdin().is_terminal());
            println!("stdout {}", io::stdout().is_terminal());
            println!("stderr {}", io::stderr().is_terminal());
            Ok(())
        }
        _ => Err(usage("stdio both | echo | lines | ask | count | flood | terminal")),
    }
}

fn echo() -> io::Result<()> {
    io::copy(&mut io::stdin().lock(), &mut io::stdout().lock())?;
    io::stdout().flush()
}

fn lines() -> io::Result<()> {
    for (index, line) in io::stdin().lock().lines().enumerate() {
        println!("{}: {}", index + 1, line?);
    }
    Ok(())
}

fn ask() -> io::Result<()> {
    print!("name? ");
    io::stdout().flush()?;
    let mut name = String::new();
    io::stdin().lock().read_line(&mut name)?;
    println!("hello {}", name.trim_end());
    Ok(())
}

fn count() -> io::Result<()> {
    let mut total = 0;
    let mut piece = vec![0; PIECE];
    loop {
        match io::stdin().lock().read(&mut piece)? {
            0 => break,
            bytes => total += bytes,
        }
    }
    println!("{total}");
    Ok(())
}

fn flood(bytes: u64) -> io::Result<()> {
    let piece = [b'x'; PIECE];
    let mut out = io::stdout().lock();
    let mut left = bytes;
    while left > 0 {
        let size = left.min(PIECE as u64) as usize;
        out.write_all(&piece[..size])?;
        left -= size as u64;
    }
    out.flush()
}
