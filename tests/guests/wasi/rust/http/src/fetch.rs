//!     /fetch?url=URL            sends the request on to URL (percent-encoded or not): its method and, where it has a
//!                               content-type, its body. Answers with the status, the fields and the body that come
//!                               back, or with 502 and the name of the error. A field `x-timeout-ms` of the request
//!                               limits the wait for the first byte, `x-connect-timeout-ms` that for the connection.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, IncomingResponse, OutgoingBody, OutgoingRequest,
    RequestOptions, ResponseOutparam, Scheme,
};

use crate::answers::{text, Body};
use crate::bodies::copy;

pub fn answer(request: &IncomingRequest, out: ResponseOutparam, query: &str) {
    let url = query.strip_prefix("url=").map(decode).unwrap_or_default();
    let Some(outgoing) = outgoing(request, &url) else {
        return text(out, 400, "no such URL");
    };
    match exchange(request, outgoing) {
        Ok(response) => pass(&response, out),
        Err(error) => text(out, 502, &format!("{error:?}")),
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn outgoing(request: &IncomingRequest, url: &str) -> Option<OutgoingRequest> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let fields = Fields::new();
    fields.set("content-type", &request.headers().get("content-type")).ok()?;
    let outgoing = OutgoingRequest::new(fields);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_string()),
    };
    outgoing.set_scheme(Some(&scheme)).ok()?;
    outgoing.set_authority(Some(authority)).ok()?;
    outgoing.set_path_with_query((!path.is_empty()).then_some(path)).ok()?;
    outgoing.set_method(&request.method()).ok()?;
    Some(outgoing)
}

fn options(request: &IncomingRequest) -> RequestOptions {
    let options = RequestOptions::new();
    let nanoseconds = |name: &str| {
        let values = request.headers().get(name);
        let text = values.first().and_then(|value| std::str::from_utf8(value).ok())?;
        Some(text.parse::<u64>().ok()?.saturating_mul(1_000_000))
    };
    options.set_first_byte_timeout(nanoseconds("x-timeout-ms")).expect("a host that times");
    options.set_connect_timeout(nanoseconds("x-connect-timeout-ms")).expect("a host that times");
    options
}

fn exchange(
    request: &IncomingRequest,
    outgoing: OutgoingRequest,
) -> Result<IncomingResponse, ErrorCode> {
    let body = match request.headers().has("content-type") {
        true => Some(outgoing.body().expect("the body, which is taken once")),
        false => None,
    };
    let future = outgoing_handler::handle(outgoing, Some(options(request)))?;
    if let Some(body) = body {
        send_body(request, body)?;
    }
    future.subscribe().block();
    future.get().expect("a response that is ready").expect("a response that is taken once")
}

fn send_body(request: &IncomingRequest, body: OutgoingBody) -> Result<(), ErrorCode> {
    let incoming = request.consume().expect("the body, which is taken once");
    let from = incoming.stream().expect("the stream, which is taken once");
    let to = body.write().expect("the stream, which is taken once");
    // Where the other side closed early, its response says more than this error.
    let _ = copy(&from, &to);
    drop(to);
    OutgoingBody::finish(body, None)
}

fn pass(response: &IncomingResponse, out: ResponseOutparam) {
    let incoming = response.consume().expect("the body, which is taken once");
    let from = incoming.stream().expect("the stream, which is taken once");
    // What came is immutable; a clone of it is not, and says everything again but what the host says itself.
    let fields = response.headers().clone();
    let mut body = Body::begin(out, response.status(), fields);
    match copy(&from, body.stream()) {
        Ok(()) => body.finish(None),
        Err(_) => body.abandon(),
    }
}
