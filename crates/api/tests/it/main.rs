#![cfg(test)]
//! The HTTP side, end to end in one process: no socket, a real database.

mod access;
mod connecting;
mod contract;
mod events;
mod framework;
mod health;
mod isolation;
mod media;
mod people;
mod publishing;
mod support;
mod web;
mod withdrawal;
