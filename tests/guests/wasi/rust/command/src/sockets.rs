//! Addresses are HOST:PORT. Who listens prints `listening ADDRESS` first: with port 0 that is how to find it.
//!
//!     tcp serve ADDRESS         accepts one connection and echoes what comes until it ends; prints `echoed BYTES`
//!     tcp accept ADDRESS N      accepts N connections one after the other and closes each; prints `accepted N`
//!     tcp send ADDRESS TEXT     connects, sends, shuts down, prints what comes back
//!     tcp connect ADDRESS       connects and closes; prints `connected`
//!     tcp loopback              server and client of 127.0.0.1 in one program; prints `ok`
//!     udp serve ADDRESS         answers one datagram with itself; prints `echoed BYTES`
//!     udp send ADDRESS TEXT     sends one datagram, prints the answer
//!     udp loopback              both of them in one program; prints `ok`
//!     resolve HOST:PORT         prints the addresses, one a line

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use crate::{number, usage, Arguments};

const LOOPBACK: &str = "127.0.0.1:0";
const TEXT: &[u8] = b"lowered, lifted";
const LARGEST_DATAGRAM: usize = 65507;

pub fn tcp(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["serve", address] => tcp_serve(address),
        ["accept", address, count] => tcp_accept(address, number(count)?),
        ["send", address, text] => tcp_send(address, text),
        ["connect", address] => TcpStream::connect(address).map(|_| println!("connected")),
        ["loopback"] => tcp_loopback(),
        _ => Err(usage("tcp serve | accept | send | connect | loopback")),
    }
}

pub fn udp(arguments: Arguments) -> io::Result<()> {
    match arguments {
        ["serve", address] => udp_serve(address),
        ["send", address, text] => udp_send(address, text),
        ["loopback"] => udp_loopback(),
        _ => Err(usage("udp serve | send | loopback")),
    }
}

pub fn resolve(host: &str) -> io::Result<()> {
    for address in host.to_socket_addrs()? {
        println!("{address}");
    }
    Ok(())
}

fn listen(address: &str) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    println!("listening {}", listener.local_addr()?);
    Ok(listener)
}

fn tcp_serve(address: &str) -> io::Result<()> {
    let (mut stream, _) = listen(address)?.accept()?;
    let mut echoed = 0;
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece)? {
            0 => break,
            bytes => {
                stream.write_all(&piece[..bytes])?;
                echoed += bytes;
            }
        }
    }
    println!("echoed {echoed}");
    Ok(())
}

fn tcp_accept(address: &str, count: u64) -> io::Result<()> {
    let listener = listen(address)?;
    for _ in 0..count {
        listener.accept()?;
    }
    println!("accepted {count}");
    Ok(())
}

fn tcp_send(address: &str, text: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(text.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    io::stdout().write_all(&answer)
}

fn tcp_loopback() -> io::Result<()> {
    let listener = TcpListener::bind(LOOPBACK)?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, peer) = listener.accept()?;
    let mut answer = Vec::new();
    client.set_nodelay(true)?;
    client.write_all(TEXT)?;
    client.shutdown(Shutdown::Write)?;
    server.read_to_end(&mut answer)?;
    if answer != TEXT || peer != client.local_addr()? {
        return Err(io::Error::other("wrong bytes or a wrong peer"));
    }
    println!("ok");
    Ok(())
}

fn udp_serve(address: &str) -> io::Result<()> {
    let socket = UdpSocket::bind(address)?;
    println!("listening {}", socket.local_addr()?);
    let mut datagram = vec![0; LARGEST_DATAGRAM];
    let (bytes, peer) = socket.recv_from(&mut datagram)?;
    socket.send_to(&datagram[..bytes], peer)?;
    println!("echoed {bytes}");
    Ok(())
}

fn udp_send(address: &str, text: &str) -> io::Result<()> {
    let socket = UdpSocket::bind(LOOPBACK)?;
    socket.connect(address)?;
    socket.send(text.as_bytes())?;
    let mut datagram = vec![0; LARGEST_DATAGRAM];
    let bytes = socket.recv(&mut datagram)?;
    io::stdout().write_all(&datagram[..bytes])
}

fn udp_loopback() -> io::Result<()> {
    let (one, other) = (UdpSocket::bind(LOOPBACK)?, UdpSocket::bind(LOOPBACK)?);
    let mut datagram = [0; 64];
    one.send_to(TEXT, other.local_addr()?)?;
    let (bytes, peer) = other.recv_from(&mut datagram)?;
    if datagram[..bytes] != *TEXT || peer != one.local_addr()? {
        return Err(io::Error::other("wrong bytes or a wrong peer"));
    }
    println!("ok");
    Ok(())
}
