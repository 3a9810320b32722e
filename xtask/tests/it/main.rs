//! The checks on the real tree, and for each of them a planted violation with the message it must give.

#![cfg(test)]

mod ambient;
mod bans;
mod codes;
mod evidence;
mod layers;
mod length;
mod migrations;
mod moto;
mod plant;
mod platforms;
mod postgres;
mod real_nostr;
mod real_tree;
mod scripts;
mod source;
mod sql;
mod stats;
mod words;
