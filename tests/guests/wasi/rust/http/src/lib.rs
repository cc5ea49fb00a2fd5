//! An HTTP handler (wasi:http/proxy). The path says what the answer is.
//!
//!     /hello                    `hello from rust`
//!     /request                  the request: method, scheme, authority, path with query, then its fields, one a line
//!     /headers                  fields `x-guest: one`, `x-guest: two` and `X-Mixed-Case: kept`, and no body
//!     /status/CODE              this status code; 400 where it is none
//!     /sleep/MS                 sleeps first, then says `slept`
//!     /count                    how often this instance was asked
//!     /environment/NAME         a variable of the environment; 404 without it
//!     /log                      a line to standard output and one to standard error
//!     /fetch?url=URL            what another server answers: fetch.rs
//!     bodies: /echo, /splice, /drain, /big/N, /length/DECLARED/N, /trailers: bodies.rs
//!     misbehaviour: /nothing, /trap, /trap-after, /unfinished, /error: faults.rs
//!
//! Any other path: 404.

mod answers;
mod bodies;
mod faults;
mod fetch;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, thread};

use wasip2::http::types::{IncomingRequest, Method, ResponseOutparam, Scheme};

static COUNT: AtomicU32 = AtomicU32::new(0);

struct Handler;

impl wasip2::exports::http::incoming_handler::Guest for Handler {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
        let path = request.path_with_query().unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["hello"] => answers::text(out, 200, "hello from rust"),
            ["request"] => answers::text(out, 200, &describe(&request)),
            ["headers"] => answers::headers(out),
            ["status", code] => answers::status(out, code),
            ["sleep", milliseconds] => {
                thread::sleep(Duration::from_millis(number(milliseconds)));
                answers::text(out, 200, "slept");
            }
            ["count"] => answers::text(out, 200, &count.to_string()),
            ["environment", name] => match env::var(name) {
                Ok(value) => answers::text(out, 200, &value),
                Err(_) => answers::text(out, 404, "not set"),
            },
            ["log"] => {
                println!("to standard output");
                eprintln!("to standard error");
                answers::text(out, 200, "logged");
            }
            ["fetch"] => fetch::answer(&request, out, query),
            ["echo"] => bodies::echo(request, out),
            ["splice"] => bodies::splice(request, out),
            ["drain"] => bodies::drain(request, out),
            ["big", bytes] => bodies::big(out, number(bytes)),
            ["length", declared, bytes] => bodies::length(out, declared, number(bytes)),
            ["trailers"] => bodies::trailers(request, out),
            [name @ ("nothing" | "trap" | "trap-after" | "unfinished" | "error")] => {
                faults::commit(name, out);
            }
            _ => answers::text(out, 404, "no such path"),
        }
    }
}

wasip2::http::proxy::export!(Handler);

fn number(part: &str) -> u64 {
    part.parse().unwrap_or(0)
}

fn describe(request: &IncomingRequest) -> String {
    let mut text = format!(
        "method {}\nscheme {}\nauthority {}\npath {}\n",
        method(&request.method()),
        request.scheme().as_ref().map_or("none", scheme),
        request.authority().as_deref().unwrap_or("none"),
        request.path_with_query().as_deref().unwrap_or("none"),
    );
    for (name, value) in request.headers().entries() {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(&value));
    }
    text
}

fn method(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    }
}

fn scheme(scheme: &Scheme) -> &str {
    match scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
        Scheme::Other(name) => name,
    }
}
