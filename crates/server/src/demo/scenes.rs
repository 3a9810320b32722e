//! Pictures for the demonstration, drawn here: a bakery at a harbour, in flat shapes.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// Width and height of every picture.
const SIZE: (u32, u32) = (800, 600);

/// A colour.
type Colour = [u8; 3];

/// A picture by what is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scene {
    Harbour,
    Loaves,
    Rolls,
    Oven,
    Field,
    Lighthouse,
    Tarts,
    Lanterns,
    Rain,
}

impl Scene {
    /// Every picture.
    pub(super) const ALL: [Scene; 9] = [
        Scene::Harbour,
        Scene::Loaves,
        Scene::Rolls,
        Scene::Oven,
        Scene::Field,
        Scene::Lighthouse,
        Scene::Tarts,
        Scene::Lanterns,
        Scene::Rain,
    ];

    /// The name of its file.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Scene::Harbour => "harbour-at-six.png",
            Scene::Loaves => "sourdough-shelf.png",
            Scene::Rolls => "cinnamon-rolls.png",
            Scene::Oven => "the-old-oven.png",
            Scene::Field => "rye-field.png",
            Scene::Lighthouse => "lighthouse-night.png",
            Scene::Tarts => "lemon-tarts.png",
            Scene::Lanterns => "night-market.png",
            Scene::Rain => "rain-on-the-window.png",
        }
    }

    /// What somebody who cannot see it should know.
    pub(super) const fn alt(self) -> &'static str {
        match self {
            Scene::Harbour => {
                "The harbour at sunrise: an orange sky, the sun half out of the sea, two small sailing boats."
            }
            Scene::Loaves => "Six round loaves on two wooden shelves, each scored with a cross.",
            Scene::Rolls => "A tray of twelve cinnamon rolls from above, their spirals glazed with sugar.",
            Scene::Oven => "The mouth of a brick oven in the dark, glowing from inside.",
            Scene::Field => "A field of rye in waves of gold and green under a pale morning sky.",
            Scene::Lighthouse => "A white lighthouse at night under a full moon and many stars.",
            Scene::Tarts => "Fifteen lemon tarts in rows on a turquoise cloth.",
            Scene::Lanterns => "Strings of red and yellow paper lanterns glowing above a dark street.",
            Scene::Rain => "Rain drops on a blue window; behind it the blurred lights of the quay.",
        }
    }

    /// The picture as a PNG file.
    pub(super) fn png(self) -> anyhow::Result<Vec<u8>> {
        let mut canvas = Canvas(RgbImage::new(SIZE.0, SIZE.1));
        match self {
            Scene::Harbour => harbour(&mut canvas),
            Scene::Loaves => loaves(&mut canvas),
            Scene::Rolls => rolls(&mut canvas),
            Scene::Oven => oven(&mut canvas),
            Scene::Field => field(&mut canvas),
            Scene::Lighthouse => lighthouse(&mut canvas),
            Scene::Tarts => tarts(&mut canvas),
            Scene::Lanterns => lanterns(&mut canvas),
            Scene::Rain => rain(&mut canvas),
        }
        let mut file = Cursor::new(Vec::new());
        canvas.0.write_to(&mut file, ImageFormat::Png)?;
        Ok(file.into_inner())
    }
}

/// What is drawn on. Places are in pixels; what lies outside is not drawn.
struct Canvas(RgbImage);

impl Canvas {
    /// From one colour at the top to another at the bottom, between two heights.
    fn sky(&mut self, from: i32, until: i32, top: Colour, bottom: Colour) {
        for y in from..until {
            let share = f64::from(y - from) / f64::from((until - from).max(1));
            let colour = mix(top, bottom, share);
            self.row(0, SIZE.0.cast_signed(), y, |_| Some((colour, 1.0)));
        }
    }

    fn rectangle(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), colour: Colour) {
        for line in y..y + height {
            self.row(x, x + width, line, |_| Some((colour, 1.0)));
        }
    }

    fn oval(&mut self, centre: (i32, i32), (rx, ry): (i32, i32), colour: Colour) {
        let inside = |at: f64| if at <= 1.0 { Some(colour) } else { None };
        self.round(centre, (rx, ry), |at, _| inside(at).map(|colour| (colour, 1.0)));
    }

    /// A light that fades towards its rim.
    fn glow(&mut self, centre: (i32, i32), radius: i32, colour: Colour, strength: f64) {
        self.round(centre, (radius, radius), |at, _| (at <= 1.0).then_some((colour, strength * (1.0 - at))));
    }

    /// A roll from above: two colours that wind around each other.
    fn spiral(&mut self, centre: (i32, i32), radius: i32, dough: Colour, filling: Colour) {
        self.round(centre, (radius, radius), |at, angle| {
            let turn = (at.sqrt() * 3.5 - angle / std::f64::consts::TAU).rem_euclid(1.0);
            (at <= 1.0).then_some((if turn < 0.28 { filling } else { dough }, 1.0))
        });
    }

    /// Every place of an oval with its squared distance from the centre (1 at the rim) and its angle.
    fn round(&mut self, (cx, cy): (i32, i32), (rx, ry): (i32, i32), paint: impl Fn(f64, f64) -> Option<(Colour, f64)>) {
        for y in cy - ry..=cy + ry {
            let dy = f64::from(y - cy) / f64::from(ry);
            self.row(cx - rx, cx + rx + 1, y, |x| {
                let dx = f64::from(x - cx) / f64::from(rx);
                paint(dx * dx + dy * dy, dy.atan2(dx))
            });
        }
    }

    /// Everything below a wavy line.
    fn waves(&mut self, level: i32, height: f64, length: f64, phase: f64, colour: Colour) {
        for x in 0..SIZE.0.cast_signed() {
            let wave = (f64::from(x) / length + phase).sin() * height;
            for y in (level + rounded(wave)).max(0)..SIZE.1.cast_signed() {
                self.dot(x, y, colour, 1.0);
            }
        }
    }

    /// A triangle that stands on its base.
    fn sail(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), colour: Colour) {
        for line in 0..height {
            self.row(x, x + width * line / height, y + line, |_| Some((colour, 1.0)));
        }
    }

    fn row(&mut self, from: i32, until: i32, y: i32, paint: impl Fn(i32) -> Option<(Colour, f64)>) {
        for x in from..until {
            if let Some((colour, share)) = paint(x) {
                self.dot(x, y, colour, share);
            }
        }
    }

    fn dot(&mut self, x: i32, y: i32, colour: Colour, share: f64) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if let Some(pixel) = self.0.get_pixel_mut_checked(x, y) {
            *pixel = Rgb(if share >= 1.0 { colour } else { mix(pixel.0, colour, share) });
        }
    }
}

fn mix(from: Colour, to: Colour, share: f64) -> Colour {
    let one = |from: u8, to: u8| f64::from(from) + (f64::from(to) - f64::from(from)) * share;
    [0, 1, 2].map(|n: usize| u8::try_from(rounded(one(from[n], to[n]))).unwrap_or(u8::MAX))
}

/// Everything drawn is a few hundred pixels wide.
fn rounded(value: f64) -> i32 {
    value.round() as i32
}

/// A place that looks accidental and is the same each time.
fn scattered(number: i32, salt: i32) -> (i32, i32) {
    let mixed = (number * 7_919 + salt * 104_729).rem_euclid(1_000_003);
    (mixed.rem_euclid(SIZE.0.cast_signed()), (mixed / 7).rem_euclid(SIZE.1.cast_signed()))
}

fn harbour(canvas: &mut Canvas) {
    canvas.sky(0, 360, [46, 64, 112], [250, 170, 100]);
    canvas.glow((520, 350), 230, [255, 214, 140], 0.8);
    canvas.oval((520, 352), (62, 62), [255, 236, 170]);
    canvas.sky(360, 600, [226, 132, 94], [38, 52, 84]);
    for (line, x, width) in [(380, 440, 170), (402, 470, 110), (428, 455, 130), (460, 480, 80)] {
        canvas.rectangle((x, line), (width, 5), [255, 220, 150]);
    }
    for (x, y, size) in [(170, 300, 110), (330, 340, 62)] {
        canvas.sail((x, y), (size * 2 / 3, size), [250, 246, 236]);
        canvas.rectangle((x - 4, y), (4, size + 12), [70, 52, 44]);
        canvas.oval((x + size / 4, y + size + 12), (size * 3 / 5, size / 8), [92, 58, 44]);
    }
}

fn loaves(canvas: &mut Canvas) {
    canvas.sky(0, 600, [242, 226, 200], [214, 186, 148]);
    for shelf in [270, 520] {
        canvas.rectangle((40, shelf), (720, 26), [124, 84, 54]);
        for n in 0..3 {
            let centre = (180 + 220 * n, shelf - 78);
            canvas.oval(centre, (96, 80), [150, 92, 44]);
            canvas.oval((centre.0, centre.1 - 8), (88, 68), [196, 134, 72]);
            canvas.rectangle((centre.0 - 46, centre.1 - 14), (92, 8), [240, 212, 160]);
            canvas.rectangle((centre.0 - 4, centre.1 - 52), (8, 84), [240, 212, 160]);
        }
    }
}

fn rolls(canvas: &mut Canvas) {
    canvas.sky(0, 600, [88, 96, 108], [62, 68, 80]);
    for n in 0..12 {
        let centre = (130 + 180 * (n % 4), 110 + 190 * (n / 4));
        canvas.spiral(centre, 82, [232, 186, 120], [134, 76, 40]);
        canvas.glow((centre.0 - 20, centre.1 - 24), 60, [255, 252, 240], 0.7);
    }
}

fn oven(canvas: &mut Canvas) {
    canvas.sky(0, 600, [52, 34, 32], [30, 20, 22]);
    for row in 0..12 {
        for column in 0..9 {
            let x = column * 96 - if row % 2 == 0 { 0 } else { 48 };
            canvas.rectangle((x + 3, row * 50 + 3), (90, 44), [96, 52, 44]);
        }
    }
    canvas.oval((400, 380), (230, 200), [26, 14, 14]);
    canvas.rectangle((170, 380), (460, 220), [26, 14, 14]);
    canvas.glow((400, 440), 220, [255, 140, 40], 1.0);
    canvas.glow((400, 500), 130, [255, 226, 130], 1.0);
    canvas.oval((400, 520), (90, 44), [120, 66, 34]);
}

fn field(canvas: &mut Canvas) {
    canvas.sky(0, 330, [176, 212, 236], [250, 240, 214]);
    canvas.oval((640, 120), (46, 46), [255, 244, 196]);
    let bands = [[150, 176, 96], [196, 186, 92], [222, 190, 88], [204, 158, 66], [172, 128, 54]];
    for (n, colour) in (0_i32..).zip(bands) {
        canvas.waves(280 + 66 * n, 20.0, 120.0 - f64::from(n) * 8.0, f64::from(n) * 1.7, colour);
    }
}

fn lighthouse(canvas: &mut Canvas) {
    canvas.sky(0, 600, [12, 20, 48], [52, 74, 118]);
    for n in 0..90 {
        let (x, y) = scattered(n, 1);
        canvas.oval((x, y * 2 / 3), (1 + n % 2, 1 + n % 2), [236, 240, 255]);
    }
    canvas.glow((620, 120), 120, [210, 220, 255], 0.6);
    canvas.oval((620, 120), (46, 46), [248, 246, 230]);
    canvas.glow((250, 190), 190, [255, 236, 160], 0.9);
    canvas.rectangle((222, 180), (56, 300), [240, 240, 236]);
    for y in [250, 350, 440] {
        canvas.rectangle((222, y), (56, 40), [196, 64, 56]);
    }
    canvas.rectangle((230, 160), (40, 30), [255, 240, 170]);
    canvas.waves(480, 10.0, 70.0, 0.0, [24, 32, 52]);
    canvas.waves(530, 8.0, 50.0, 2.0, [16, 44, 76]);
}

fn tarts(canvas: &mut Canvas) {
    canvas.sky(0, 600, [96, 190, 186], [66, 160, 164]);
    for n in 0..15 {
        let centre = (110 + 145 * (n % 5), 120 + 180 * (n / 5));
        canvas.oval((centre.0 + 6, centre.1 + 8), (62, 62), [48, 128, 132]);
        canvas.oval(centre, (62, 62), [206, 156, 92]);
        canvas.oval(centre, (50, 50), [252, 220, 92]);
        canvas.glow((centre.0 - 14, centre.1 - 16), 34, [255, 250, 220], 0.9);
    }
}

fn lanterns(canvas: &mut Canvas) {
    canvas.sky(0, 600, [22, 18, 44], [68, 36, 66]);
    for n in 0..14 {
        let (row, place) = (n / 7, n % 7);
        let centre = (70 + 112 * place + 40 * row, 120 + 190 * row + (place - 3) * (place - 3) * 7);
        let colour = if n % 3 == 0 { [255, 206, 96] } else { [236, 84, 62] };
        canvas.glow(centre, 100, colour, 0.7);
        canvas.oval(centre, (38, 46), colour);
        canvas.rectangle((centre.0 - 16, centre.1 - 52), (32, 8), [60, 34, 40]);
        canvas.rectangle((centre.0 - 16, centre.1 + 44), (32, 8), [60, 34, 40]);
    }
    canvas.waves(540, 6.0, 90.0, 1.0, [20, 14, 26]);
}

fn rain(canvas: &mut Canvas) {
    canvas.sky(0, 600, [58, 84, 120], [32, 48, 78]);
    for (n, colour) in (0_i32..).zip([[255, 200, 120], [250, 150, 110], [160, 220, 255], [255, 236, 180]].repeat(3)) {
        let (x, _) = scattered(n, 5);
        canvas.glow((x, 420 + (n % 4) * 30), 70, colour, 0.6);
    }
    for n in 0..140 {
        let (x, y) = scattered(n, 9);
        canvas.glow((x, y), 5 + n % 9, [226, 238, 250], 0.9);
    }
    canvas.rectangle((392, 0), (16, 600), [226, 226, 220]);
    canvas.rectangle((0, 292), (800, 14), [226, 226, 220]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_picture_is_another_and_says_what_is_on_it() {
        let files: Vec<Vec<u8>> = Scene::ALL.iter().map(|scene| scene.png().expect("is drawn")).collect();
        for (file, scene) in files.iter().zip(Scene::ALL) {
            let picture = image::load_from_memory(file).expect("a picture").into_rgb8();
            assert_eq!(picture.dimensions(), SIZE, "{scene:?}");
            let colours: BTreeSet<_> = picture.pixels().map(|pixel| pixel.0).collect();
            assert!(colours.len() > 50, "{scene:?} is nearly empty");
            assert!(scene.alt().len() > 30 && scene.alt().ends_with('.'));
        }
        let different: BTreeSet<_> = files.iter().collect();
        let named: BTreeSet<_> = Scene::ALL.iter().map(|scene| scene.name()).collect();
        assert_eq!((different.len(), named.len()), (Scene::ALL.len(), Scene::ALL.len()));
    }
}
