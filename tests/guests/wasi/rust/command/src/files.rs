//!     files write PATH TEXT     makes or overwrites a file
//!     files append PATH TEXT    appends to a file, which is made where it is missing
//!     files new PATH            makes a file; AlreadyExists where there is one
//!     files read PATH           prints a file
//!     files list PATH           prints the names in a directory, sorted, those of directories with a `/`
//!     files stat PATH           prints `file LENGTH`, `dir` or `link`, without following a link
//!     files truncate PATH N     sets a file's length
//!     files patch PATH N TEXT   writes at an offset, past the end as well
//!     files copy | rename | link A B
//!     files mkdir | rmdir | remove PATH
//!     files readlink PATH       prints where a link leads
//!     files touch PATH SECONDS  sets the time of modification; `files mtime PATH` prints it
//!     files fill PATH N         writes N bytes and prints how many were written before an error
//!     files tour DIR            all of these in one directory, which is left as it was; prints `ok`

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use crate::{number, usage, Arguments};

const PIECE: usize = 64 * 1024;

pub fn run(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["write", path, text] => fs::write(path, text),
        ["append", path, text] => append(path, text),
        ["new", path] => File::create_new(path).map(drop),
        ["read", path] => io::stdout().write_all(&fs::read(path)?),
        ["list", path] => list(path),
        ["stat", path] => stat(path),
        ["truncate", path, length] => truncate(path, number(length)?),
        ["patch", path, offset, text] => patch(path, number(offset)?, text),
        ["copy", from, to] => fs::copy(from, to).map(drop),
        ["rename", from, to] => fs::rename(from, to),
        ["link", from, to] => fs::hard_link(from, to),
        ["mkdir", path] => fs::create_dir(path),
        ["rmdir", path] => fs::remove_dir(path),
        ["remove", path] => fs::remove_file(path),
        ["readlink", path] => fs::read_link(path).map(|target| println!("{}", target.display())),
        ["touch", path, seconds] => touch(path, number(seconds)?),
        ["mtime", path] => mtime(path).map(|seconds| println!("{seconds}")),
        ["fill", path, bytes] => fill(path, number(bytes)?),
        ["tour", directory] => tour(Path::new(directory)),
        _ => Err(usage("files write | append | new | read | list | stat | ...")),
    }
}

fn append(path: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

fn list(path: &str) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let end = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{end}", entry.file_name().to_string_lossy()));
    }
    names.sort();
    names.iter().for_each(|name| println!("{name}"));
    Ok(())
}

fn stat(path: &str) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_dir() {
        println!("dir");
    } else if metadata.is_symlink() {
        println!("link");
    } else {
        println!("file {}", metadata.len());
    }
    Ok(())
}

fn truncate(path: &str, length: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(length)
}

fn patch(path: &str, offset: u64, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(text.as_bytes())
}

fn touch(path: &str, seconds: u64) -> io::Result<()> {
    let time = UNIX_EPOCH + Duration::from_secs(seconds);
    OpenOptions::new().write(true).open(path)?.set_modified(time)
}

fn mtime(path: &str) -> io::Result<u64> {
    let modified = fs::metadata(path)?.modified()?;
    Ok(modified.duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs())
}

fn fill(path: &str, bytes: u64) -> io::Result<()> {
    let piece = [b'x'; PIECE];
    let mut file = File::create(path)?;
    let mut written = 0;
    let mut result = Ok(0);
    while written < bytes && result.is_ok() {
        let size = (bytes - written).min(PIECE as u64) as usize;
        result = file.write(&piece[..size]);
        written += *result.as_ref().unwrap_or(&0) as u64;
    }
    println!("{written}");
    result.map(drop)
}

fn expect(holds: bool, what: &str) -> io::Result<()> {
    if holds {
        return Ok(());
    }
    Err(io::Error::other(format!("wrong: {what}")))
}

fn expect_kind<T>(result: io::Result<T>, kind: io::ErrorKind, what: &str) -> io::Result<()> {
    match result {
        Ok(_) => expect(false, &format!("{what} succeeded")),
        Err(error) => expect(error.kind() == kind, &format!("{what}: {error}")),
    }
}

fn tour(directory: &Path) -> io::Result<()> {
    let base = directory.join("tour");
    fs::create_dir(&base)?;
    contents(&base.join("file"))?;
    names(&base)?;
    directories(&base)?;
    fs::remove_dir(&base)?;
    expect_kind(fs::metadata(&base), io::ErrorKind::NotFound, "a look at what was removed")?;
    println!("ok");
    Ok(())
}

// What a file holds; it exists afterwards.
fn contents(path: &Path) -> io::Result<()> {
    let name = path.to_string_lossy();
    fs::write(path, "lower")?;
    append(&name, ", lift")?;
    expect(fs::read(path)? == b"lower, lift", "what was appended")?;
    patch(&name, 13, "!")?;
    expect(fs::read(path)? == b"lower, lift\0\0!", "the gap is zeroes")?;
    truncate(&name, 5)?;
    expect(fs::read(path)? == b"lower", "what was cut off")?;
    touch(&name, 1_000_000_007)?;
    expect(mtime(&name)? == 1_000_000_007, "the time that was set")?;
    expect_kind(File::create_new(path), io::ErrorKind::AlreadyExists, "a new file of an old name")
}

// Copies, renames and links of `base`/file, which is gone at the end.
fn names(base: &Path) -> io::Result<()> {
    let (file, other, third) = (base.join("file"), base.join("other"), base.join("third"));
    fs::copy(&file, &other)?;
    fs::rename(&other, &third)?;
    expect_kind(File::open(&other), io::ErrorKind::NotFound, "the name before a rename")?;
    fs::hard_link(&third, &other)?;
    fs::write(&other, "by another name")?;
    expect(fs::read(&third)? == b"by another name", "a link is the same file")?;
    let open = File::open(&file)?;
    fs::remove_file(&file)?;
    expect(open.metadata()?.len() == 5, "an open file outlives its name")?;
    fs::remove_file(&other)?;
    fs::remove_file(&third)
}

// Directories in `base`, none of which is left.
fn directories(base: &Path) -> io::Result<()> {
    let (outer, inner) = (base.join("outer"), base.join("outer/inner"));
    fs::create_dir(&outer)?;
    fs::create_dir(&inner)?;
    expect(fs::read_dir(&outer)?.count() == 1, "one entry")?;
    expect(fs::remove_dir(&outer).is_err(), "a full directory is not removed")?;
    expect_kind(fs::create_dir(&inner), io::ErrorKind::AlreadyExists, "making it twice")?;
    fs::remove_dir(&inner)?;
    fs::remove_dir(&outer)
}
