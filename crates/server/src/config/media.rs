//! Where files are kept, checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use postrider_blobs::{BlobError, BlobStore, S3Config};
use postrider_domain::secret::Secret;
use postrider_engine::media::Rules;
use postrider_media::FfmpegConfig;
use url::Url;

use super::ConfigError;
use super::file::{MediaFile, S3File};

const MIB: u64 = 1024 * 1024;

/// How long one request to a bucket may take; a part of 8 MiB over a slow line included.
const S3_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a request to a bucket that may be repeated is repeated.
const S3_RETRIES: usize = 4;

/// What the operator decided about files.
#[derive(Debug, Clone)]
pub struct Media {
    /// Where they are.
    pub place: Place,
    /// What is allowed.
    pub rules: Rules,
    /// Where ffmpeg is.
    pub ffmpeg: FfmpegConfig,
}

/// Where files are.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder.
    Folder {
        /// Which.
        path: PathBuf,
        /// Whether every node sees it.
        shared: bool,
    },
    /// A bucket.
    S3(Box<S3Config>),
}

/// Says which key is wrong and why.
type Bad<'a> = &'a dyn Fn(&str, String) -> ConfigError;

impl Media {
    /// The values of the file, checked.
    pub(super) fn of(file: &MediaFile, data: &Path, bad: Bad<'_>) -> Result<Self, ConfigError> {
        let within = |key: &str, value: u64, range: std::ops::RangeInclusive<u64>| {
            let why = || format!("must be from {} to {}, is {value}", range.start(), range.end());
            if range.contains(&value) { Ok(value) } else { Err(bad(key, why())) }
        };
        let most = postrider_blobs::MAX_BYTES / MIB;
        let hours = within("media.upload_hours", file.upload_hours, 1..=720)?;
        let days = within("media.keep_days", file.keep_days, 1..=3_650)?;
        let rules = Rules {
            max_upload: within("media.max_upload_mib", file.max_upload_mib, 1..=most)? * MIB,
            keep_free: within("media.keep_free_mib", file.keep_free_mib, 0..=1_048_576)? * MIB,
            upload_life: Duration::from_secs(hours * 3_600),
            keep_content: Duration::from_secs(days * 86_400),
        };
        let place = match &file.s3.bucket {
            Some(bucket) => Place::S3(Box::new(bucket_of(bucket, &file.s3, bad)?)),
            None => Place::Folder { path: data.join(&file.folder), shared: file.shared },
        };
        let ffmpeg =
            FfmpegConfig { ffmpeg: file.ffmpeg.clone(), ffprobe: file.ffprobe.clone(), ..FfmpegConfig::default() };
        Ok(Self { place, rules, ffmpeg })
    }

    /// Whether only this machine finds the files.
    pub fn is_of_this_machine(&self) -> bool {
        matches!(self.place, Place::Folder { shared: false, .. })
    }

    /// The place for people: never with a secret.
    pub fn place_name(&self) -> String {
        match &self.place {
            Place::Folder { path, .. } => path.display().to_string(),
            Place::S3(s3) => format!("the bucket {}", s3.bucket),
        }
    }

    /// Opens it; a folder that is missing is made.
    ///
    /// # Errors
    /// When the folder cannot be made. A bucket is not asked anything yet.
    pub async fn open(&self) -> Result<BlobStore, BlobError> {
        match &self.place {
            Place::Folder { path, .. } => BlobStore::local(path, self.rules.keep_free).await,
            Place::S3(s3) => BlobStore::s3(s3),
        }
    }
}

fn bucket_of(bucket: &str, file: &S3File, bad: Bad<'_>) -> Result<S3Config, ConfigError> {
    if let Some(endpoint) = &file.endpoint {
        match Url::parse(endpoint) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {}
            _ => return Err(bad("media.s3.endpoint", format!("`{endpoint}` must begin with https:// or http://"))),
        }
    }
    let access_key =
        file.access_key.clone().ok_or_else(|| bad("media.s3.access_key", "is needed with a bucket".into()))?;
    Ok(S3Config {
        bucket: bucket.to_owned(),
        region: file.region.clone(),
        endpoint: file.endpoint.clone(),
        access_key,
        secret_key: secret(file, bad)?,
        path_style: file.path_style,
        prefix: file.prefix.clone(),
        timeout: S3_TIMEOUT,
        retries: S3_RETRIES,
    })
}

fn secret(file: &S3File, bad: Bad<'_>) -> Result<Secret, ConfigError> {
    match (&file.secret_key, &file.secret_key_file) {
        (Some(_), Some(_)) => Err(bad("media.s3.secret_key_file", "give the key or its file, not both".to_owned())),
        (Some(key), None) => Ok(key.clone()),
        (None, Some(path)) => {
            let read = std::fs::read_to_string(path);
            let text = read.map_err(|error| bad("media.s3.secret_key_file", format!("{}: {error}", path.display())))?;
            Ok(Secret::new(text.lines().next().unwrap_or_default().trim()))
        }
        (None, None) => Err(bad("media.s3.secret_key", "is needed with a bucket, or secret_key_file".to_owned())),
    }
}
