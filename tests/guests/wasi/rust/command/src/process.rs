//!     process args A...         prints each argument, the program's name first, one a line
//!     process env               prints all variables as NAME=VALUE, sorted by name
//!     process env NAME          prints the value of one; NotFound without it
//!     process cwd               prints the current directory
//!     process exit CODE         ends with this exit code
//!     process panic             panics, which traps: the message is on standard error
//!     process abort             traps without a message
//!     process spin              loops for ever
//!     process thread            asks for a thread, which WASI 0.2 has not: Unsupported

use std::{env, io, process, thread};

use crate::{number, usage, Arguments};

pub fn run(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["args", ..] => env::args().for_each(|argument| println!("{argument}")),
        ["env"] => print_environment(),
        ["env", name] => {
            let value = env::var(name).map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
            println!("{value}");
        }
        ["cwd"] => println!("{}", env::current_dir()?.display()),
        ["exit", code] => process::exit(number(code)? as i32),
        ["panic"] => panic!("a panic that was asked for"),
        ["abort"] => process::abort(),
        ["spin"] => loop {
            std::hint::spin_loop();
        },
        ["thread"] => {
            thread::Builder::new().spawn(|| ())?;
            println!("a thread was started");
        }
        _ => return Err(usage("process args | env | cwd | exit | panic | abort | spin | thread")),
    }
    Ok(())
}

fn print_environment() {
    let mut variables: Vec<(String, String)> = env::vars().collect();
    variables.sort();
    for (name, value) in variables {
        println!("{name}={value}");
    }
}
