//! People and companies that do not exist.
//!
//! Addresses are in example.com and telephone numbers in the ranges that are kept for fiction, so
//! that nothing a sample says can reach anybody.

use fastrand::Rng;

/// Given names, and how they are written in an address.
const GIVEN: [(&str, &str); 20] = [
    ("Ada", "ada"),
    ("Bram", "bram"),
    ("Chidi", "chidi"),
    ("Dolores", "dolores"),
    ("Eskil", "eskil"),
    ("Fatima", "fatima"),
    ("Gwen", "gwen"),
    ("Hiro", "hiro"),
    ("Inès", "ines"),
    ("Joaquín", "joaquin"),
    ("Katya", "katya"),
    ("Łucja", "lucja"),
    ("Mele", "mele"),
    ("Nuru", "nuru"),
    ("Oona", "oona"),
    ("Priya", "priya"),
    ("Ruben", "ruben"),
    ("Søren", "soren"),
    ("Tamsin", "tamsin"),
    ("Zoë", "zoe"),
];

/// Family names, and how they are written in an address.
const FAMILY: [(&str, &str); 20] = [
    ("Applewhistle", "applewhistle"),
    ("Brackwater", "brackwater"),
    ("Candlemoor", "candlemoor"),
    ("Dunnhollow", "dunnhollow"),
    ("Embersley", "embersley"),
    ("Fernquist", "fernquist"),
    ("Grüneklee", "gruneklee"),
    ("Hollowell-Marsh", "hollowell-marsh"),
    ("Inkpenny", "inkpenny"),
    ("Jørgenlund", "jorgenlund"),
    ("Kettleburn", "kettleburn"),
    ("Lanternby", "lanternby"),
    ("Mossgrave", "mossgrave"),
    ("Nightingarden", "nightingarden"),
    ("O'Tarn", "otarn"),
    ("Pebblethwaite", "pebblethwaite"),
    ("Quillander", "quillander"),
    ("Rookhaven", "rookhaven"),
    ("Saltmeadow", "saltmeadow"),
    ("Thistlecroft", "thistlecroft"),
];

/// Companies, and how they are written in a domain.
const COMPANIES: [(&str, &str); 16] = [
    ("Amberfold Paper", "amberfold"),
    ("Bellwether & Moth", "bellwether-moth"),
    ("Copperlark Instruments", "copperlark"),
    ("Driftglass Marine", "driftglass"),
    ("Elderflint Heat", "elderflint"),
    ("Fable & Ferrous", "fable-ferrous"),
    ("Gullrock Freight", "gullrock"),
    ("Hearthline Software", "hearthline"),
    ("Inkwater Press", "inkwater"),
    ("Junipertide", "junipertide"),
    ("Kestrelworks", "kestrelworks"),
    ("Lichen Loop", "lichen-loop"),
    ("Marrowgate Systems", "marrowgate"),
    ("Nettle Street Optics", "nettle-street"),
    ("Oystercatch Labs", "oystercatch"),
    ("Quillfeather GmbH", "quillfeather"),
];

const TITLES: [&str; 10] = [
    "Head of Operations",
    "Staff Engineer",
    "Managing Director",
    "Director of Sales",
    "Product Manager",
    "Data Protection Officer",
    "Chief Technology Officer",
    "Localisation Lead",
    "Procurement Manager",
    "Founder",
];

const CITIES: [&str; 10] = [
    "Utrecht, Netherlands",
    "Aarhus, Denmark",
    "Leeds, United Kingdom",
    "Graz, Austria",
    "Porto, Portugal",
    "Kraków, Poland",
    "Duluth, United States",
    "Halifax, Canada",
    "Hobart, Australia",
    "Ålesund, Norway",
];

/// Somebody, somewhere.
#[derive(Debug, Clone)]
pub(super) struct Person {
    given: (&'static str, &'static str),
    family: (&'static str, &'static str),
    company: (&'static str, &'static str),
    pub(super) title: &'static str,
    pub(super) city: &'static str,
    in_america: bool,
    line: u16,
}

impl Person {
    pub(super) fn anybody(rng: &mut Rng) -> Self {
        let company = pick(rng, &COMPANIES);
        Self::at(rng, company)
    }

    /// Somebody else of the same company.
    pub(super) fn colleague(&self, rng: &mut Rng) -> Self {
        Self::at(rng, self.company)
    }

    fn at(rng: &mut Rng, company: (&'static str, &'static str)) -> Self {
        Self {
            given: pick(rng, &GIVEN),
            family: pick(rng, &FAMILY),
            company,
            title: pick(rng, &TITLES),
            city: pick(rng, &CITIES),
            in_america: rng.bool(),
            line: rng.u16(0..100),
        }
    }

    pub(super) fn given(&self) -> &'static str {
        self.given.0
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.given.0, self.family.0)
    }

    pub(super) fn company(&self) -> &'static str {
        self.company.0
    }

    pub(super) fn slug(&self) -> &'static str {
        self.company.1
    }

    pub(super) fn domain(&self) -> String {
        format!("{}.example.com", self.company.1)
    }

    pub(super) fn email(&self) -> String {
        format!("{}.{}@{}", self.given.1, self.family.1, self.domain())
    }

    pub(super) fn profile(&self) -> String {
        let (given, family) = (self.given.1, self.family.1);
        format!("https://profiles.example.com/in/{given}-{family}")
    }

    /// In the range of 555 numbers, or of London numbers, that nobody is given.
    pub(super) fn phone(&self) -> String {
        if self.in_america {
            format!("+120255501{:02}", self.line)
        } else {
            format!("+4420794609{:02}", self.line)
        }
    }

    pub(super) fn region(&self) -> &'static str {
        if self.in_america { "US" } else { "GB" }
    }
}

pub(super) fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(0..choices.len())]
}
