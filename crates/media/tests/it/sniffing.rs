//! Recognising files.

use image::ImageFormat;
use postrider_domain::Code;
use postrider_media::{Accepts, Mime, Note, Refusal, sniff};

use crate::support::{animated_gif, animated_webp, blocks, encoded, frames, jpeg, png, webp};

const NOTHING: Accepts = Accepts { heic: false, avif: false };

fn ftyp(brands: &[&str]) -> Vec<u8> {
    let mut bytes = (12 + 4 * brands.len() as u32).to_be_bytes().to_vec();
    bytes.extend(b"ftyp");
    bytes.extend(brands[0].as_bytes());
    bytes.extend([0; 4]);
    brands[1..].iter().for_each(|brand| bytes.extend(brand.as_bytes()));
    bytes.extend([0; 4]);
    bytes
}

fn ebml(word: &str) -> Vec<u8> {
    let mut bytes = vec![0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 0x01, 0x42, 0x82, 0x80 | word.len() as u8];
    bytes.extend(word.as_bytes());
    bytes.extend([0x42, 0x87, 0x81, 0x04, 0x42, 0x85, 0x81, 0x02, 0x18, 0x53, 0x80, 0x67]);
    bytes.extend([0; 16]);
    bytes
}

fn mime(bytes: &[u8]) -> Result<Mime, Refusal> {
    sniff(bytes, None, None, NOTHING).map(|sniffed| sniffed.mime)
}

#[test]
fn every_type_on_the_list_is_recognised_by_its_bytes() {
    let picture = blocks(8);
    let film = frames((16, 16), &[100, 100]);
    for (bytes, expected) in [
        (jpeg(&picture), Mime::Jpeg),
        (png(picture.clone()), Mime::Png),
        (webp(&picture), Mime::Webp),
        (animated_webp(&film), Mime::Webp),
        (animated_gif(&film), Mime::Gif),
        (b"GIF87a\x01\0\x01\0\0\0\0".to_vec(), Mime::Gif),
        (ftyp(&["isom", "iso2", "avc1", "mp41"]), Mime::Mp4),
        (ftyp(&["M4V ", "mp42"]), Mime::Mp4),
        (ftyp(&["XAVC", "mp42"]), Mime::Mp4),
        (ftyp(&["qt  "]), Mime::Mov),
        (b"\0\0\x10\0moov\0\0\0\x6cmvhd".to_vec(), Mime::Mov),
        (b"\0\0\0\x08wide\0\x10\0\0mdat".to_vec(), Mime::Mov),
        (ebml("webm"), Mime::Webm),
        (ebml("matroska"), Mime::Mkv),
    ] {
        assert_eq!(mime(&bytes), Ok(expected));
        assert!(!sniff(&bytes, None, None, NOTHING).unwrap().needs_conversion);
    }
}

#[test]
fn heic_and_avif_are_recognised_and_refused_with_a_reason_unless_they_can_be_converted() {
    for (brands, found) in [
        (vec!["heic", "mif1", "heic"], Mime::Heic),
        (vec!["mif1", "heic"], Mime::Heic),
        (vec!["msf1", "hevc"], Mime::Heic),
        (vec!["avif", "mif1", "miaf"], Mime::Avif),
        (vec!["mif1", "avif"], Mime::Avif),
        (vec!["avis", "avif"], Mime::Avif),
    ] {
        let bytes = ftyp(&brands);
        let refused = sniff(&bytes, None, None, NOTHING).unwrap_err();
        assert_eq!(refused, Refusal::NeedsConversion(found), "{brands:?}");
        assert_eq!(refused.code(), Code::MediaNeedsConverter);
        let other = Accepts { heic: found != Mime::Heic, avif: found != Mime::Avif };
        assert!(sniff(&bytes, None, None, other).is_err(), "the other one does not help");
        let sniffed = sniff(&bytes, None, None, Accepts { heic: true, avif: true }).unwrap();
        assert!(sniffed.mime == found && sniffed.needs_conversion);
    }
}

#[test]
fn svg_and_html_are_refused_whatever_they_are_called() {
    let utf16: Vec<u8> = "\u{feff}<svg onload=alert(1)>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let texts: [&[u8]; 11] = [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><!-- hi --><svg/>",
        b"\xef\xbb\xbf  \n <!DOCTYPE html><p>",
        b"<HTML><body>",
        b"<!-- a comment that is there to hide --><script>alert(1)</script>",
        b"hello <iframe src=x>",
        b"<?php system($_GET['c']);",
        b"#!/bin/sh\nrm -rf /",
        b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x'>",
        b"\0\0<html>",
        &utf16,
    ];
    for text in texts {
        for (declared, name) in [("image/png", "picture.png"), ("image/jpeg", "a.jpg"), ("image/svg+xml", "a.svg")] {
            let refused = sniff(text, Some(declared), Some(name), NOTHING).unwrap_err();
            assert_eq!(refused, Refusal::Active, "{}", String::from_utf8_lossy(text));
            assert_eq!(refused.code(), Code::MediaActive);
        }
    }
}

#[test]
fn what_is_on_no_list_is_refused() {
    let pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 and so on";
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0 and so on";
    let program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\0\0";
    let bmp = encoded(blocks(8), ImageFormat::Gif).iter().rev().copied().collect::<Vec<u8>>();
    let others: [&[u8]; 9] = [
        pdf,
        zip,
        program,
        &bmp,
        b"just some text, no markup at all",
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0",
        &ftyp(&["M4A "]),
        &ftyp(&["crx "]),
        &ebml("other"),
    ];
    for bytes in others {
        assert_eq!(mime(bytes), Err(Refusal::Unknown), "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(Refusal::Unknown.code(), Code::MediaTypeUnknown);
}

#[test]
fn empty_and_cut_off_beginnings_are_said_to_be_that() {
    assert_eq!(mime(b""), Err(Refusal::Empty));
    assert_eq!(Refusal::Empty.code(), Code::MediaEmpty);
    for cut_off in
        [&b"\xff\xd8"[..], b"\x89PNG", b"GIF8", b"RIFF\x24\0\0\0", b"RI", b"\0\0\0\x20ftyp", b"\x1a\x45\xdf\xa3\x9f"]
    {
        assert_eq!(mime(cut_off), Err(Refusal::TooShort), "{cut_off:?}");
    }
    assert_eq!(Refusal::TooShort.code(), Code::MediaTruncated);
}

#[test]
fn a_wrong_label_is_a_note_and_the_real_type_counts() {
    let picture = png(blocks(8));
    let note = |declared: Option<&str>, name: Option<&str>| {
        let sniffed = sniff(&picture, declared, name, NOTHING).unwrap();
        assert_eq!(sniffed.mime, Mime::Png);
        sniffed.note
    };
    for (declared, name) in [
        (None, None),
        (Some("image/png"), Some("a.PNG")),
        (Some("IMAGE/PNG; charset=binary"), None),
        (Some("application/octet-stream"), Some("upload")),
        (Some(""), Some("holiday.final")),
        (None, Some("2026.01.02 holiday")),
    ] {
        assert_eq!(note(declared, name), None, "{declared:?} {name:?}");
    }
    for (declared, name) in
        [(Some("image/jpeg"), None), (None, Some("a.jpg")), (None, Some("a.svg")), (Some("video/mp4"), Some("a.png"))]
    {
        assert_eq!(note(declared, name), Some(Note::Mislabelled), "{declared:?} {name:?}");
    }
    assert_eq!(Note::Mislabelled.code(), Code::MediaMislabelled);
    let other_name = sniff(&jpeg(&blocks(8)), Some("image/jpg"), Some("a.jfif"), NOTHING).unwrap();
    assert_eq!(other_name.note, None);
}
