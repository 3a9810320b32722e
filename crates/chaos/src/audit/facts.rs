//! The log, put in order: what belongs to which delivery. Nothing here depends on the order of its lines.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize as _;
use serde_json::Value;

use super::clock::Clock;
use super::seen::{Action, Asked, Attempt, Seen, View};
use super::spans::Spans;
use super::words;
use crate::record::{Answer, Ask, Change, Create, Event, Fault, FaultKind, Final, Line, Run, Target};

/// What two clocks may differ by when they write the same moment, and what a time loses when it is written in seconds.
pub(super) const SLACK: SignedDuration = SignedDuration::from_secs(1);

/// The whole log.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    pub(super) run: Option<&'a Run>,
    /// When everything had had time to end.
    pub(super) end: Option<Timestamp>,
    pub(super) cases: Vec<Case<'a>>,
    pub(super) faults: Vec<&'a Fault>,
    spans: Spans,
    pub(super) clock: Clock,
    restores: Vec<&'a Fault>,
    pub(super) rules: HashMap<u64, FaultKind>,
    /// Requests that name no part.
    pub(super) loose: Vec<Asked>,
    /// What is visible and belongs to nobody, and deliveries that nobody made.
    pub(super) strangers: Vec<String>,
    /// What is wrong with the log itself.
    pub(super) flaws: Vec<String>,
}

/// One post on one account: what is published once, or not at all.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) create: &'a Create,
    /// When the product had answered that it is made.
    pub(super) made: Timestamp,
    pub(super) target: &'a Target,
    /// What was asked of it later, in the order of the answers, with their times.
    pub(super) changes: Vec<(Timestamp, &'a Change)>,
    pub(super) last: Last,
    pub(super) parts: Vec<Part>,
}

/// The final word of the product.
#[derive(Debug)]
pub(super) enum Last {
    /// The log has none.
    Unasked,
    /// There is no such delivery.
    Gone,
    Known(Box<View>),
}

impl Last {
    /// The same with the times of this machine, of what was answered for at `answered`.
    fn by_machine(self, clock: &Clock, answered: Timestamp) -> Self {
        match self {
            Self::Known(view) => Self::Known(Box::new(view.by_machine(clock, answered))),
            other => other,
        }
    }
}

/// One part on one account.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Its creations, with their revisions, oldest first.
    pub(super) shown: Vec<(u32, Seen)>,
    /// Later changes of what is visible, with the revision that the text is of.
    pub(super) changed: Vec<(Option<u32>, Seen)>,
    /// Requests that hold its word, oldest first.
    pub(super) asked: Vec<Asked>,
}

impl Case<'_> {
    /// How the report calls it.
    pub(super) fn name(&self) -> String {
        let Target { platform, instance, account, .. } = self.target;
        match instance {
            Some(instance) => format!("{}@{account} ({platform} {instance})", self.create.post),
            None => format!("{}@{account} ({platform})", self.create.post),
        }
    }

    pub(super) fn view(&self) -> Option<&View> {
        match &self.last {
            Last::Known(view) => Some(view),
            Last::Unasked | Last::Gone => None,
        }
    }

    /// Everything of it that was created, part by part.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, u32, &Seen)> {
        let parts = self.parts.iter().enumerate();
        parts.flat_map(|(n, part)| part.shown.iter().map(move |(revision, seen)| (n, *revision, seen)))
    }

    /// The requests that hold a word of it.
    pub(super) fn asked(&self) -> impl Iterator<Item = &Asked> {
        self.parts.iter().flat_map(|part| &part.asked)
    }

    /// What was asked and not refused, of one kind.
    pub(super) fn granted(&self, kind: fn(&Ask) -> bool) -> impl Iterator<Item = &(Timestamp, &Change)> {
        self.changes.iter().filter(move |(_, change)| kind(&change.ask) && !change.answer.is_no())
    }

    /// What was asked and refused, of one kind.
    pub(super) fn refused(&self, kind: fn(&Ask) -> bool) -> bool {
        self.changes.iter().any(|(_, change)| kind(&change.ask) && change.answer.is_no())
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(lines: &'a [Line]) -> Self {
        let mut facts = Self::default();
        let mut sorted = Sorted::default();
        for line in lines {
            facts.sort(line, &mut sorted);
        }
        facts.faults.sort_by_key(|fault| (fault.from, fault.kind, fault.until));
        facts.spans = Spans::of(facts.faults.iter().enumerate().map(|(n, fault)| (fault.from, fault.until, n)));
        facts.restores =
            facts.faults_within(Timestamp::MIN, Timestamp::MAX, |kind| kind == FaultKind::Restore).collect();
        facts.clock = Clock::of(&facts.faults, facts.run.is_some_and(|run| run.database != "sqlite"));
        facts.make_cases(&sorted);
        let places = Places::of(&facts.cases);
        facts.place_finals(&sorted);
        facts.place_seen(sorted.seen, &places);
        facts.place_asked(sorted.asked, &places);
        facts.check_log(lines);
        facts
    }

    /// The end of the run; the last thing that is known where the log breaks off.
    pub(super) fn over(&self) -> Timestamp {
        self.end.unwrap_or(Timestamp::MAX)
    }

    /// The kind of the fault that a request ran into.
    pub(super) fn kind(&self, asked: &Asked) -> Option<FaultKind> {
        self.rules.get(&asked.fault?).copied()
    }

    /// Faults of these kinds that were going on at some time from `from` to `until`.
    pub(super) fn faults_within(
        &self,
        from: Timestamp,
        until: Timestamp,
        kind: fn(FaultKind) -> bool,
    ) -> impl Iterator<Item = &'a Fault> {
        self.spans.overlapping(from, until).map(|number| self.faults[number]).filter(move |fault| kind(fault.kind))
    }

    /// The restore that forgot what happened at `at`, if there is one.
    pub(super) fn forgotten(&self, at: Timestamp) -> bool {
        self.restores.iter().any(|restore| restore.from <= at && restore.until >= at)
    }

    fn sort(&mut self, line: &'a Line, sorted: &mut Sorted<'a>) {
        match &line.event {
            Event::Run(run) => self.run = Some(run),
            Event::Create(create) => sorted.creates.push((line.at, create)),
            Event::Change(change) => sorted.changes.entry(&change.post).or_default().push((line.at, change)),
            Event::Fault(fault) => self.faults.push(fault),
            Event::Rule { rule, kind, .. } => drop(self.rules.insert(*rule, *kind)),
            Event::Visible(value) => match Seen::deserialize(value) {
                Ok(seen) => {
                    let (seq, again) = (seen.seq, seen.clone());
                    if sorted.seen.insert(seq, seen).is_some_and(|before| before != again) {
                        self.flaws.push(format!("the ledger has two lines {seq}"));
                    }
                }
                Err(error) => self.flaws.push(format!("a line of the ledger cannot be read: {error}")),
            },
            Event::Request(value) => match Asked::deserialize(value) {
                Ok(asked) => drop(sorted.asked.insert(asked.seq, (asked, &value["body"]))),
                Err(error) => self.flaws.push(format!("a line of the log of requests cannot be read: {error}")),
            },
            Event::Delivery(last) => {
                if sorted.finals.insert(&last.id, last).is_some() {
                    self.flaws.push(format!("{}: the product was asked twice", last.id));
                }
            }
            Event::End { strangers } => {
                self.end = self.end.max(Some(line.at));
                sorted.unknown.extend(strangers.iter().map(String::as_str));
            }
        }
    }

    fn make_cases(&mut self, sorted: &Sorted<'a>) {
        let mut creates = sorted.creates.clone();
        creates.sort_by(|a, b| a.1.post.cmp(&b.1.post));
        for (made, create) in creates {
            let asked = sorted.changes.get(create.post.as_str());
            for target in &create.targets {
                let ours = |change: &Change| match (&change.delivery, &target.delivery) {
                    (None, _) => true,
                    (Some(only), ours) => ours.as_ref() == Some(only),
                };
                let mut changes: Vec<_> = asked.into_iter().flatten().filter(|(_, c)| ours(c)).copied().collect();
                changes.sort_by_key(|(at, change)| (*at, change.sent));
                let parts = (0..create.parts).map(|_| Part::default()).collect();
                self.cases.push(Case { create, made, target, changes, last: Last::Unasked, parts });
            }
        }
    }

    /// The product's last word goes to the delivery it is about. One whose creation was never answered is known by
    /// its channel and its time; what is left over was made by nobody.
    fn place_finals(&mut self, sorted: &Sorted<'a>) {
        let finals: BTreeMap<&str, &Final> = sorted.finals.clone();
        // What the product has a word about may still be of a post that was never answered.
        let unknown = sorted.unknown.iter().filter(|id| !finals.contains_key(**id));
        self.strangers.extend(unknown.map(|id| format!("{id}: the product lists it, and nobody made it")));
        let mut left: BTreeMap<&str, Last> =
            finals.into_iter().filter_map(|(id, last)| Some((id, self.last(last)?))).collect();
        for case in &mut self.cases {
            let known = case.target.delivery.as_deref().and_then(|id| left.remove(id));
            case.last = known.unwrap_or(Last::Unasked).by_machine(&self.clock, case.made);
        }
        for (id, last) in left {
            match (self.unanswered(&last), last) {
                (Some(case), last) => self.cases[case].last = last.by_machine(&self.clock, self.cases[case].made),
                (None, Last::Known(_)) => self.strangers.push(format!("{id}: a delivery that nobody asked for")),
                (None, Last::Gone | Last::Unasked) => {}
            }
        }
    }

    fn last(&mut self, last: &Final) -> Option<Last> {
        if last.delivery.is_null() {
            return Some(Last::Gone);
        }
        let attempts = || last.attempts.iter().map(Attempt::deserialize).collect::<Result<_, _>>();
        let view = View::deserialize(&last.delivery).and_then(|view| Ok(View { attempts: attempts()?, ..view }));
        view.map_err(|error| self.flaws.push(format!("{}: the product's word cannot be read: {error}", last.id)))
            .ok()
            .map(|view| Last::Known(Box::new(view)))
    }

    /// The case without an answer that a delivery must be of.
    fn unanswered(&self, last: &Last) -> Option<usize> {
        let Last::Known(view) = last else { return None };
        let fits = |case: &Case<'_>| {
            matches!(case.create.answer, Answer::None)
                && case.target.delivery.is_none()
                && matches!(case.last, Last::Unasked)
                && case.target.channel == view.channel.id
                && self.clock.agrees(case.made, case.create.due, view.scheduled_at)
        };
        self.cases.iter().position(fits)
    }

    fn place_seen(&mut self, seen: BTreeMap<u64, Seen>, places: &Places<'a>) {
        self.gaps(seen.keys().copied());
        // Two instances may give the same number.
        let mut owners: HashMap<(String, Option<String>, String), (usize, usize)> = HashMap::new();
        for seen in seen.into_values() {
            let key = (seen.platform.clone(), seen.instance.clone(), seen.id.clone());
            let word = words::words(&seen.text).next().map(|word| (word.post.to_owned(), word.part, word.revision));
            if seen.action != Action::Create {
                if let Some((case, part)) = owners.get(&key) {
                    let revision = word.map(|(_, _, revision)| revision);
                    self.cases[*case].parts[*part].changed.push((revision, seen));
                }
                continue;
            }
            let place = word.as_ref().and_then(|(post, part, _)| places.of_seen(&self.cases, &seen, post, *part));
            match (place, word) {
                (Some(place), Some((_, _, revision))) => {
                    owners.insert(key, place);
                    self.cases[place.0].parts[place.1].shown.push((revision, seen));
                }
                _ if seen.is_post() => self.strangers.push(stranger(&seen)),
                _ => {}
            }
        }
    }

    /// The networks number what became visible without gaps: where one is missing, the log is no evidence.
    fn gaps(&mut self, numbers: impl Iterator<Item = u64>) {
        let numbers: Vec<u64> = numbers.collect();
        let gaps = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1);
        let gaps: Vec<_> = gaps.map(|pair| format!("the ledger jumps from {} to {}", pair[0], pair[1])).collect();
        self.flaws.extend(gaps);
    }

    fn place_asked(&mut self, asked: BTreeMap<u64, (Asked, &'a Value)>, places: &Places<'a>) {
        for (asked, body) in asked.into_values() {
            if let Some(rule) = asked.fault.filter(|rule| !self.rules.contains_key(rule)) {
                self.flaws.push(format!("request {} ran into rule {rule}, which the log does not have", asked.seq));
            }
            let named = words::words(asked.about.as_deref().unwrap_or_default());
            let mut owners: Vec<(usize, usize)> = words::within(body)
                .into_iter()
                .chain(named)
                .filter_map(|word| places.of_asked(&self.cases, &asked, word.post, word.part))
                .collect();
            owners.sort_unstable();
            owners.dedup();
            for (case, part) in &owners {
                self.cases[*case].parts[*part].asked.push(asked.clone());
            }
            if owners.is_empty() {
                self.loose.push(asked);
            }
        }
    }

    fn check_log(&mut self, lines: &[Line]) {
        let count = |wanted: fn(&Event) -> bool| lines.iter().filter(|line| wanted(&line.event)).count();
        if count(|event| matches!(event, Event::Run(_))) != 1 {
            self.flaws.push("a log has one line that says which run it is of".into());
        }
        if count(|event| matches!(event, Event::End { .. })) != 1 {
            self.flaws.push("the log breaks off: it has no end, or more than one".into());
        }
        let mut posts: Vec<&str> = self.cases.iter().map(|case| case.create.post.as_str()).collect();
        posts.dedup();
        let creates = count(|event| matches!(event, Event::Create(create) if !create.targets.is_empty()));
        if posts.len() != creates {
            self.flaws.push("two posts of the log have the same word".into());
        }
    }
}

/// Whether two times are the same but for how they are written.
pub(super) fn near(a: Timestamp, b: Timestamp) -> bool {
    a.duration_since(b).abs() < SLACK
}

fn stranger(seen: &Seen) -> String {
    let text: String = seen.text.chars().take(60).collect();
    format!("{} on {} ({}): {text:?} was asked for by nobody", seen.id, seen.account, seen.platform)
}

/// Lines by their kinds.
#[derive(Default)]
struct Sorted<'a> {
    creates: Vec<(Timestamp, &'a Create)>,
    changes: HashMap<&'a str, Vec<(Timestamp, &'a Change)>>,
    seen: BTreeMap<u64, Seen>,
    asked: BTreeMap<u64, (Asked, &'a Value)>,
    finals: BTreeMap<&'a str, &'a Final>,
    /// Deliveries that the product listed and the run had no answer about.
    unknown: Vec<&'a str>,
}

/// Which cases a post has.
struct Places<'a>(HashMap<&'a str, Vec<usize>>);

impl<'a> Places<'a> {
    fn of(cases: &[Case<'a>]) -> Self {
        let mut places: HashMap<&'a str, Vec<usize>> = HashMap::new();
        for (index, case) in cases.iter().enumerate() {
            places.entry(&case.create.post).or_default().push(index);
        }
        Self(places)
    }

    fn find(
        &self,
        cases: &[Case<'_>],
        post: &str,
        part: u32,
        fits: impl Fn(&Target) -> bool,
    ) -> Option<(usize, usize)> {
        let mut fitting = self.0.get(post)?.iter().filter(|case| fits(cases[**case].target));
        let (case, part) = (*fitting.next()?, usize::try_from(part).ok()?);
        let only = fitting.next().is_none() && part < cases[case].parts.len();
        only.then_some((case, part))
    }

    fn of_seen(&self, cases: &[Case<'_>], seen: &Seen, post: &str, part: u32) -> Option<(usize, usize)> {
        let fits = |target: &Target| {
            target.platform == seen.platform && target.instance == seen.instance && target.account == seen.account
        };
        self.find(cases, post, part, fits)
    }

    /// A request whose token is no longer known has no account; the instance has to do.
    fn of_asked(&self, cases: &[Case<'_>], asked: &Asked, post: &str, part: u32) -> Option<(usize, usize)> {
        let fits = |target: &Target| {
            target.place() == asked.instance.as_deref()
                && asked.account().is_none_or(|account| account == target.account)
        };
        self.find(cases, post, part, fits)
    }
}
