//! The only room with sockets: requests come in through [`server`].
//!
//! Nothing above sees hyper or a socket; what crosses is `delivery`'s `Request` and `Reply`.

pub mod server;
