//! The real binary, from outside: start and stop, accounts, posts, keys, backups.
#![cfg(test)]

mod accounts;
mod backup;
mod connect;
mod database;
mod demo;
mod doctor;
mod lifecycle;
mod live;
mod mail;
mod metrics;
mod postbox;
mod publish;
mod series;
mod support;
mod web;
mod zones;
