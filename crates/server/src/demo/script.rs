//! What the people of the demonstration post, and when.

use super::scenes::Scene;

/// Where something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Bakery,
    Ada,
    Tomas,
    Toots,
    Album,
    Pub,
    /// Its access is taken back before it can post.
    Lapsed,
}

/// Who writes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    Ada,
    Tomas,
}

/// The labels, with their colours.
pub(super) const LABELS: [(&str, &str); 4] =
    [("Bread", "#b45309"), ("Specials", "#be185d"), ("Behind the counter", "#0f766e"), ("Neighbours", "#4338ca")];

/// One post.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// How many days after today; negative ones are over.
    pub(super) day: i64,
    /// What the clock of the bakery shows.
    pub(super) time: &'static str,
    /// Where it goes.
    pub(super) to: &'static [Place],
    /// Whose it is.
    pub(super) by: By,
    /// Its language.
    pub(super) lang: &'static str,
    /// Its parts.
    pub(super) parts: &'static [&'static str],
    /// The picture of its root.
    pub(super) picture: Option<Scene>,
    /// Its labels, by their place in [`LABELS`].
    pub(super) labels: &'static [usize],
}

/// A post without a picture, in English, by Ada.
const fn entry(day: i64, time: &'static str, to: &'static [Place], parts: &'static [&'static str]) -> Entry {
    Entry { day, time, to, by: By::Ada, lang: "en", parts, picture: None, labels: &[] }
}

impl Entry {
    const fn shows(self, scene: Scene) -> Self {
        Self { picture: Some(scene), ..self }
    }

    const fn of(self, by: By) -> Self {
        Self { by, ..self }
    }

    const fn labelled(self, labels: &'static [usize]) -> Self {
        Self { labels, ..self }
    }

    const fn in_language(self, lang: &'static str) -> Self {
        Self { lang, ..self }
    }
}

use Place::{Ada, Album, Bakery, Lapsed, Pub, Tomas, Toots};

/// What went out in the last week.
pub(super) const PAST: &[Entry] = &[
    entry(-7, "06:05", &[Bakery, Toots], &["The harbour at six. The gulls have opinions; we have rolls. 🌅"])
        .shows(Scene::Harbour)
        .labelled(&[2]),
    entry(-7, "12:30", &[Ada], &["Somebody asked for “bread without the crust”. We call that dough. It is also available."])
        .labelled(&[0]),
    entry(
        -6,
        "07:30",
        &[Bakery],
        &[
            "How our bread is made, in three posts. 🧵",
            "The evening before: flour, water, salt, and a starter that is older than the bakery and moodier than its owner.",
            "At four in the morning the oven reaches 250 °C. At six we open. The long version: https://postrider.example/bread",
        ],
    )
    .labelled(&[0, 2]),
    entry(-6, "16:00", &[Pub], &["Live music on the quay tonight, 20:00. The band is good, the pretzels are better."])
        .of(By::Tomas)
        .labelled(&[3]),
    entry(-5, "06:15", &[Bakery, Album], &["Six loaves, two shelves, no regrets."]).shows(Scene::Loaves).labelled(&[0]),
    entry(-5, "11:00", &[Tomas], &["Pão de centeio com nozes: hoje, enquanto houver. Amanhã já é saudade."])
        .of(By::Tomas)
        .in_language("pt")
        .labelled(&[0]),
    entry(-4, "08:00", &[Bakery, Toots, Album], &["Lemon tarts are back. Fifteen of them. Fourteen, sorry."])
        .shows(Scene::Tarts)
        .labelled(&[1]),
    entry(-4, "18:45", &[Ada], &["مخبز الميناء يفتح غدًا عند السادسة صباحًا. الخبز الساخن لا ينتظر أحدًا 🍞"]).in_language("ar"),
    entry(-3, "06:10", &[Bakery], &["Fresh sourdough from six. The first ten loaves are still warm, the eleventh is mine."])
        .labelled(&[0]),
    entry(-3, "15:20", &[Toots], &["A customer paid with a 20 from 1998. The starter is from 1998 too. They were introduced."])
        .of(By::Tomas),
    entry(-2, "07:00", &[Ada, Toots], &["港のパン屋です。今朝は雨。店の中はシナモンの香りでいっぱいです ☔️"])
        .shows(Scene::Rain)
        .in_language("ja"),
    entry(-2, "17:30", &[Pub], &["Quiz night. Last week’s winning team answered “bread” to everything and was right four times."])
        .of(By::Tomas)
        .labelled(&[3]),
    entry(-1, "05:50", &[Bakery, Album], &["The old oven, before anybody is awake to tell it that it is old."])
        .shows(Scene::Oven)
        .labelled(&[2]),
    entry(-1, "19:00", &[Tomas, Pub], &["Thank you for a loud evening. We found one scarf, two umbrellas and a trombone."])
        .of(By::Tomas)
        .labelled(&[3]),
];

/// What its network refuses.
pub(super) const REFUSED: &[Entry] = &[
    entry(
        -3,
        "09:00",
        &[Tomas],
        &["Half a metre of baguette, half the price: only while it is raining. It is raining."],
    )
    .of(By::Tomas)
    .labelled(&[1]),
    entry(-1, "12:15", &[Toots], &["Poll without a poll: rye or wheat? Answer at the counter, we count crumbs."]),
];

/// What reaches its network although the answer is lost on the way back.
pub(super) const DOUBTFUL: Entry =
    entry(-1, "16:40", &[Pub], &["The ferry is late, and so is lunch: served until five."])
        .of(By::Tomas)
        .labelled(&[3]);

/// What is held: its channel lost its permission.
pub(super) const HELD: Entry =
    entry(0, "00:00", &[Lapsed], &["Lost & found: one trombone, well loved. Play three bars to claim it."])
        .of(By::Tomas);

/// What goes out later.
pub(super) const COMING: &[Entry] = &[
    entry(
        1,
        "06:05",
        &[Bakery, Toots, Album],
        &["Today’s plan: cinnamon rolls, until they are gone. Then today is over."],
    )
    .shows(Scene::Rolls)
    .labelled(&[1]),
    entry(
        1,
        "13:00",
        &[Ada],
        &["Every baker has a number of minutes they can talk about hydration. Mine is “until you leave”."],
    ),
    entry(2, "09:30", &[Bakery, Tomas], &["Market day. We bring 120 loaves and one sense of humour between us."])
        .of(By::Tomas)
        .labelled(&[3]),
    entry(2, "18:00", &[Pub], &["Acoustic night by the window. Bring your own chair if you are fussy about chairs."])
        .of(By::Tomas)
        .labelled(&[3]),
    entry(3, "07:00", &[Bakery, Toots], &["New on the shelf: rye with walnuts. It tastes like a forest with manners."])
        .shows(Scene::Field)
        .labelled(&[0, 1]),
    entry(3, "12:00", &[Album], &["Rye, before it was bread."]).shows(Scene::Field).labelled(&[0]),
    entry(3, "20:15", &[Ada], &["לחם טרי בשש בבוקר. מי שמאחר מקבל פירורים, באהבה 🥖"]).in_language("he"),
    entry(
        4,
        "08:00",
        &[Bakery],
        &[
            "Questions we get every day, answered once. 🧵",
            "Is the starter alive? Yes. Does it have a name? Also yes. Will we tell you? You have not earned that.",
            "Do you have gluten-free bread? On Thursdays, from a kitchen of its own.",
            "Is it all sold out by nine? Nearly all of it. That is not a boast, it is an alarm clock.",
        ],
    )
    .labelled(&[2]),
    entry(4, "17:00", &[Tomas, Pub], &["Tonight: fish soup, and the bread that goes with it. The order matters."])
        .of(By::Tomas)
        .labelled(&[3]),
    entry(5, "06:30", &[Bakery, Ada, Toots], &["The lighthouse keeper’s loaf: baked at night, seen from far away."])
        .shows(Scene::Lighthouse)
        .labelled(&[0]),
    entry(5, "15:00", &[Toots], &["来週から夜市に出店します。提灯の下で焼きたてをどうぞ。"])
        .in_language("ja")
        .labelled(&[3]),
    entry(
        6,
        "07:45",
        &[Album, Bakery],
        &["The night market is back, and we have a stall again. Follow the lanterns, then the smell."],
    )
    .shows(Scene::Lanterns)
    .labelled(&[1, 3]),
    entry(6, "11:30", &[Ada], &["We are closed next Thursday. The starter is not: it works holidays."]),
    entry(7, "06:05", &[Bakery, Toots], &["Same harbour, same hour, new tray. 🌊"])
        .shows(Scene::Harbour)
        .labelled(&[2]),
];

/// What nobody has decided to post yet.
pub(super) const DRAFTS: &[Entry] = &[
    entry(0, "", &[Bakery], &["Idea: a post about the old oven, told by the old oven"]).labelled(&[2]),
    entry(0, "", &[Bakery, Toots, Album], &["Tarts of the month: lemon → plum → ??? (ask Tomás, he has a theory)"])
        .shows(Scene::Tarts)
        .labelled(&[1]),
    entry(0, "", &[Ada], &["“Sourdough is just flour with patience.” Too much? Not enough?"]),
];

/// What is posted every week: day and time of the first, rule, text.
pub(super) const WEEKLY: (&str, &str, &str) = (
    "07:15",
    "FREQ=WEEKLY;BYDAY=MO",
    "Monday again. The bread does not know, and that is why we like it. Open from six.",
);

/// What the other workspace posts: its past, and what comes.
pub(super) const MARKET: &[Entry] = &[
    entry(-2, "18:00", &[Bakery], &["提灯を吊るしました。あとは空が晴れるだけ。"])
        .shows(Scene::Lanterns)
        .in_language("ja"),
    entry(1, "18:00", &[Bakery], &["Stall 14 is a baker from a harbour far away. Be nice, they bring rolls."]),
    entry(3, "10:00", &[Bakery], &["Rain plan: we have umbrellas, and umbrellas have lanterns."]).shows(Scene::Rain),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_both_weeks_has_something_and_every_label_exists() {
        for day in 1..=7 {
            assert!(COMING.iter().any(|entry| entry.day == day), "{day}");
            assert!(PAST.iter().any(|entry| entry.day == -day), "{day} days ago");
        }
        let all = [PAST, REFUSED, COMING, DRAFTS, MARKET].concat();
        for entry in all {
            assert!(entry.labels.iter().all(|&label| label < LABELS.len()), "{entry:?}");
            assert!(!entry.parts.is_empty() && !entry.to.is_empty());
            let album = entry.to.contains(&Album);
            assert!(!album || entry.picture.is_some(), "posts there need a picture: {entry:?}");
        }
    }
}
