//! A few places that can be searched for and tagged.

use serde_json::{Map, Value, json};

use super::model::Quota;
use super::{Answer, Scene, quota};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::paging;

/// The fields of a place (collection of 2026-01-02).
const FIELDS: &str = "id,address,city,country,name,latitude,longitude,postal_code";

/// Id, name, address, city, country, postal code, latitude, longitude.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, f64, f64);

const PLACES: [Row; 3] = [
    ("110843418940484", "Harbour Bakery", "3 Quay Street", "Galway", "Ireland", "H91 C564", 53.2707, -9.0568),
    ("110843418940485", "Menlo Park", "1 Hacker Way", "Menlo Park", "United States", "94025", 37.4848, -122.1484),
    ("110843418940486", "Menlo Park Cafe", "22 Oak Grove", "Menlo Park", "United States", "94025", 37.4530, -122.1817),
];

/// How near a place must be to be found by its position, in degrees. Not documented.
const NEAR: f64 = 0.1;

/// `GET /location_search`: by words, by position, or both.
pub(super) fn search(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let words = scene.params.text("q").map(str::to_lowercase);
    let at = position(scene)?;
    if words.is_none() && at.is_none() {
        return Err(GraphError::param("q", "is required"));
    }
    let fields = Fields::read(Some(scene.params.text("fields").unwrap_or("id,name")))?;
    quota::take(scene, Quota::Searches)?;
    let fits = |place: &&Row| {
        let named = words.as_ref().is_none_or(|words| place.1.to_lowercase().contains(words));
        let near = |(latitude, longitude): (f64, f64)| {
            (place.6 - latitude).abs() <= NEAR && (place.7 - longitude).abs() <= NEAR
        };
        named && at.is_none_or(near)
    };
    let rows = PLACES.iter().filter(fits).map(|place| fields.pick(&shown(place)));
    Ok(Answer::Json(paging::listed(rows.collect::<Result<_, _>>()?, None)))
}

fn position(scene: &Scene<'_>) -> Result<Option<(f64, f64)>, GraphError> {
    let degrees = |name: &str| {
        let wrong = |_| GraphError::param(name, "must be a number");
        scene.params.text(name).map(|text| text.parse::<f64>().map_err(wrong)).transpose()
    };
    match (degrees("latitude")?, degrees("longitude")?) {
        (Some(latitude), Some(longitude)) => Ok(Some((latitude, longitude))),
        (None, None) => Ok(None),
        _ => Err(GraphError::param("latitude", "must be given together with longitude")),
    }
}

/// A place as the API shows it, if there is one with this id.
pub(super) fn show(id: &str, fields: Option<&str>) -> Option<Result<Value, GraphError>> {
    let place = PLACES.iter().find(|place| place.0 == id)?;
    Some(Fields::read(Some(fields.unwrap_or("id"))).and_then(|fields| fields.pick(&shown(place))))
}

/// Whether there is a place with this id.
pub(super) fn known(id: &str) -> bool {
    PLACES.iter().any(|place| place.0 == id)
}

fn shown(place: &Row) -> Map<String, Value> {
    let (id, name, address, city, country, postal_code, latitude, longitude) = *place;
    let value = json!({"id": id, "address": address, "city": city, "country": country, "name": name,
        "latitude": latitude, "longitude": longitude, "postal_code": postal_code});
    debug_assert!(FIELDS.split(',').all(|field| value.get(field).is_some()));
    value.as_object().cloned().unwrap_or_default()
}
