/** Where the people of the sample live, what they are called, and how their telephones are numbered. */
export interface Country {
  /** ISO 3166-1, two letters. */
  code: string;
  /** Share of all people, in percent. */
  share: number;
  firstNames: readonly string[];
  lastNames: readonly string[];
  /** The largest first. */
  cities: readonly string[];
  /** Of addresses; all end in `.test`, which RFC 2606 keeps out of the real world. */
  domains: readonly string[];
  dialCode: string;
  /** What a mobile number begins with, after the dial code. */
  mobilePrefix: string;
}

const words = (text: string): string[] => text.trim().split(/\s*,\s*/);

export const countries: readonly Country[] = [
  {
    code: 'RO',
    share: 46,
    firstNames: words(
      `Ana, Ioana, Maria, Elena, Ștefania, Brândușa, Crină, Cătălina, Mădălina, Anca, Raluca, Ilinca, Ana-Maria, Simona,
       Ion, Andrei, Ștefan, Mihai, Alexandru, Cristian, Răzvan, Vlăduț, Gheorghe, Călin, Dănuț, Octavian, Horațiu, Sorin`,
    ),
    lastNames: words(
      `Popescu, Ionescu, Munteanu, Țăran, Șerban, Dumitrașcu, Rădulescu, Bălan, Câmpeanu, Drăgulescu, Enăchescu, Fântânaru,
       Gâscă, Hațegan, Iliescu, Lupașcu, Măgureanu, Negruțiu, Oprișan, Păunescu, Rusu, Stănescu, Tănase, Ursu, Văcărescu, Zamfir`,
    ),
    cities: words(
      'București, Cluj-Napoca, Timișoara, Iași, Constanța, Brașov, Târgu Mureș, Ploiești, Galați, Oradea',
    ),
    domains: ['posta.test', 'curier.test', 'scrisoare.test'],
    dialCode: '40',
    mobilePrefix: '7',
  },
  {
    code: 'DE',
    share: 20,
    firstNames: words(
      `Anna, Jürgen, Björn, Käthe, Sören, Lukas, Jörg, Grete, Günther, Birgit, Hans-Peter, Lena, Rüdiger, Änne, Felix, Mareike`,
    ),
    lastNames: words(
      `Müller, Schröder, Weiß, Großmann, Köhler, Schäfer, Böhm, Krüger, Jäger, von der Heide, Lübke, Schmitt, Becker, Voß, Hübner, Wagner`,
    ),
    cities: words('Berlin, München, Köln, Düsseldorf, Nürnberg, Lübeck, Göttingen, Würzburg'),
    domains: ['briefkasten.test', 'kurier.test'],
    dialCode: '49',
    mobilePrefix: '15',
  },
  {
    code: 'PL',
    share: 14,
    firstNames: words(
      `Łukasz, Małgorzata, Wojciech, Żaneta, Paweł, Grażyna, Michał, Bożena, Jerzy, Zofia, Stanisław, Kinga`,
    ),
    lastNames: words(
      `Nowak, Wójcik, Wiśniewski, Dąbrowski, Zieliński, Szymański, Woźniak, Kozłowski, Jabłoński, Gołąb, Śliwa, Żak, Łęcki, Mazur`,
    ),
    cities: words('Warszawa, Kraków, Łódź, Wrocław, Poznań, Gdańsk, Białystok'),
    domains: ['poczta.test', 'listonosz.test'],
    dialCode: '48',
    mobilePrefix: '6',
  },
  {
    code: 'SE',
    share: 7,
    firstNames: words('Åsa, Björn, Göran, Märta, Örjan, Linnéa, Anders, Ingrid, Håkan, Saga'),
    lastNames: words('Andersson, Sjöberg, Lindström, Åkesson, Öberg, Nyström, Hägg, Söderlund, Bergqvist'),
    cities: words('Stockholm, Göteborg, Malmö, Örebro, Umeå, Linköping'),
    domains: ['brevlada.test'],
    dialCode: '46',
    mobilePrefix: '7',
  },
  {
    code: 'DK',
    share: 5,
    firstNames: words('Søren, Jørgen, Åse, Mette, Bjørn, Kåre, Freja, Anders'),
    lastNames: words('Sørensen, Nørgaard, Jørgensen, Kjær, Østergaard, Hansen, Møller, Bæk'),
    cities: words('København, Aarhus, Odense, Helsingør, Sønderborg'),
    domains: ['postkasse.test'],
    dialCode: '45',
    mobilePrefix: '2',
  },
  {
    code: 'NO',
    share: 4,
    firstNames: words('Øystein, Bjørg, Håvard, Ragnhild, Pål, Solveig, Kåre, Nora'),
    lastNames: words('Bjørnstad, Ødegård, Nygård, Lund, Håland, Sæther, Bø, Haugen'),
    cities: words('Oslo, Bergen, Tromsø, Ålesund, Bodø'),
    domains: ['brev.test'],
    dialCode: '47',
    mobilePrefix: '9',
  },
  {
    code: 'GB',
    share: 4,
    firstNames: words('Emily, Oliver, Zoë, Chloë, George, Siân, Harry, Fiona'),
    lastNames: words(`O'Brien, Smith, Smythe-Jones, Brontë, MacLeod, Taylor, D'Arcy, Walker`),
    cities: words('London, Leeds, Bristol, Stoke-on-Trent, York'),
    domains: ['letterbox.test'],
    dialCode: '44',
    mobilePrefix: '7',
  },
];

/** Short forms that people write of themselves in one place and not in another. */
export const shortNames: Readonly<Record<string, string>> = {
  Alexandru: 'Alex',
  Cristian: 'Cristi',
  Gheorghe: 'Gigi',
  Octavian: 'Tavi',
  'Ana-Maria': 'Ana',
  Ștefania: 'Ștefi',
  Günther: 'Günni',
  'Hans-Peter': 'Hans',
  Małgorzata: 'Gosia',
  Stanisław: 'Staszek',
  Emily: 'Em',
  Oliver: 'Olly',
};
