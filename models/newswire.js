// @ts-check
// Sentences in the style of a news agency: headlines in capitals, datelines, results and tables of sports, markets. The
// labelled corpora of models/build.js have none of them. The sentences are made from templates and lists of names, all
// written for this project (CC0). A slot {name} is filled from the list of this name, and tagged with its type.

/** A list of names, with their type. `_` joins the tokens of a name. @typedef {{type: string, names: string[]}} List */

/** @param {string} type @param {string} names @returns {List} */
const list = (type, names) => ({ type, names: names.trim().split(/\s+/) });

const given = `James Maria Ahmed Chen Anna Pedro Yuki Fatima Ivan Sarah Olga David Kwame Ingrid Marco Nadia Thomas Leila Viktor
  Elena Rashid Paul Sofia Jan Hiroshi Claire Omar Svetlana Michael Lucia Stefan Aisha Peter Mehmet Julia Carlos Tariq Emma
  Andrei Grace Wei Jorge Katrin Samuel Irina Luis Patrick Zoran Helen Abdul Martin Rosa Kofi Henrik Daniela Sergei Mark Laura
  Goran Jean Benazir Robert Li Karel Nikos Denis Alan Tony Gerhard`;
const family = `Walker Hassan Novak Schmidt Tanaka Rossi Okafor Petrov Larsen Dubois Garcia Kim Silva Jansen Murphy Ali Kowalski
  Haddad Mensah Lindberg Costa Nguyen Ivanov Fischer Moreau Sharma Demir Popescu Horvath Nielsen Torres Khan Wright Sato Weber
  Ferrari_Bruni O'Connor Al-Masri van_Dijk Kaya Mbeki Laurent Bergman Romero Patel Virtanen Zhang Sokolov Baker Keita Marino
  Eriksson Yilmaz Ndlovu Cruz Hoffman Adams Reid Bianchi Sánchez Müller Popov Clarke Diallo Stewart Becker Hill Edwards Martinez
  Suzuki Gordon Fleming Wolf Bishop Young Brooks King`;

/** @type {Record<string, List>} */
export const lists = {
  country: list(
    'LOC',
    `Japan Syria China Germany France Italy Spain Brazil Argentina England Scotland Ireland Wales Poland Russia Ukraine Sweden
    Norway Denmark Finland Portugal Greece Turkey Israel Egypt Iraq Iran Kuwait India Pakistan Sri_Lanka Bangladesh Australia
    New_Zealand South_Africa Nigeria Ghana Kenya Zaire Rwanda Burundi Morocco Algeria Tunisia Mexico Canada Colombia Peru Chile
    Cuba Jamaica Bosnia Croatia Serbia Yugoslavia Slovenia Romania Bulgaria Hungary Austria Switzerland Belgium Netherlands
    Belarus Latvia Estonia Lithuania Georgia Chechnya South_Korea North_Korea Taiwan Thailand Vietnam Indonesia Malaysia
    Philippines Afghanistan Lebanon Jordan Saudi_Arabia United_Arab_Emirates United_States U.S. Britain Zimbabwe Uganda Angola
    West_Indies Czech_Republic Slovakia Albania Cyprus Uzbekistan`,
  ),
  city: list(
    'LOC',
    `London Paris Berlin Moscow Tokyo Beijing Madrid Rome Vienna Prague Warsaw Budapest Athens Ankara Istanbul Cairo Baghdad
    Tehran Jerusalem Amman Beirut Damascus Kabul Islamabad Karachi New_Delhi Bombay Colombo Dhaka Bangkok Jakarta Manila
    Hong_Kong Singapore Seoul Taipei Sydney Melbourne Wellington Nairobi Lagos Johannesburg Cape_Town Harare Lisbon Dublin
    Edinburgh Geneva Zurich Brussels Amsterdam Copenhagen Stockholm Oslo Helsinki Kiev Minsk Riga Tallinn Vilnius Belgrade
    Zagreb Sarajevo Bucharest Sofia Ottawa Toronto Montreal New_York Washington Boston Chicago Los_Angeles San_Francisco Miami
    Dallas Houston Atlanta Mexico_City Bogota Lima Santiago Buenos_Aires Rio_de_Janeiro Sao_Paulo Havana Caracas Frankfurt
    Munich Milan Barcelona Lyon Grozny Kigali Goma Kinshasa Rabat Algiers Tunis Dubai Riyadh Brisbane Perth Auckland`,
  ),
  region: list(
    'LOC',
    `California Texas Florida Bavaria Catalonia Kashmir Siberia Tuscany Northern_Ireland Ontario Queensland Punjab Sicily Chiapas
    West_Bank Gaza Kosovo Corsica Scotland Alaska Ohio Europe Asia Africa Middle_East Latin_America Gulf Black_Sea Kurdistan`,
  ),
  club: list(
    'ORG',
    `Arsenal Chelsea Liverpool Everton Manchester_United Manchester_City Leeds Newcastle Tottenham Aston_Villa West_Ham
    Sheffield_Wednesday Sunderland Derby Leicester Southampton Coventry Wimbledon Middlesbrough Blackburn Rangers Celtic Hearts
    Aberdeen Hibernian Motherwell Juventus AC_Milan Inter Roma Lazio Parma Sampdoria Napoli Fiorentina Bologna Barcelona
    Real_Madrid Atletico_Madrid Valencia Sevilla Real_Sociedad Deportivo_Coruna Bayern_Munich Borussia_Dortmund Schalke
    Werder_Bremen Hamburg Cologne Bayer_Leverkusen VfB_Stuttgart Ajax PSV_Eindhoven Feyenoord Porto Benfica Sporting
    Paris_St_Germain Monaco Marseille Bordeaux Lyon Nantes Auxerre Anderlecht Club_Brugge Panathinaikos Olympiakos Galatasaray
    Fenerbahce Besiktas Spartak_Moscow Dynamo_Kiev Rosenborg Gothenburg Rapid_Vienna Slavia_Prague Partizan Boca_Juniors
    River_Plate Flamengo Santos Norwich Swindon Oldham Bolton Crewe Wigan St._Helens Bath Leicester Harlequins`,
  ),
  usteam: list(
    'ORG',
    `Boston Chicago Detroit Toronto Seattle Texas Oakland California Baltimore Cleveland Milwaukee Minnesota Kansas_City Houston
    Atlanta Montreal Philadelphia Pittsburgh Cincinnati St._Louis Los_Angeles San_Diego San_Francisco Colorado Florida Phoenix
    Dallas Denver Miami Orlando Washington Indiana Utah Portland Sacramento Vancouver Calgary Edmonton Buffalo New_Jersey
    New_York New_York_Yankees Boston_Red_Sox Chicago_Bulls Detroit_Tigers Seattle_Mariners Utah_Jazz Dallas_Cowboys
    Toronto_Raptors Cleveland_Indians Oakland_Raiders Green_Bay Tampa_Bay San_Antonio Anaheim Ottawa NY_Rangers`,
  ),
  county: list(
    'ORG',
    'Surrey Kent Essex Sussex Somerset Yorkshire Lancashire Middlesex Hampshire Durham Derbyshire Glamorgan Gloucestershire Warwickshire Nottinghamshire Worcestershire Northamptonshire Leicestershire Victoria Tasmania Queensland New_South_Wales',
  ),
  company: list(
    'ORG',
    `Siemens Volvo Renault Fiat Nestle Boeing Airbus Microsoft IBM Intel Toyota Nissan Sony Hitachi Samsung Daewoo Shell
    British_Petroleum Exxon Texaco Ford General_Motors Chrysler Deutsche_Bank Barclays Citicorp Merrill_Lynch Goldman_Sachs
    Morgan_Stanley Nomura Credit_Suisse UBS Lufthansa British_Airways Air_France KLM Philips Ericsson Nokia Volkswagen BMW
    Daimler-Benz Bayer Hoechst Glaxo_Wellcome Unilever Coca-Cola PepsiCo McDonald_'s Walt_Disney_Co Time_Warner_Inc Viacom
    AT&T British_Telecom Deutsche_Telekom Gazprom Lukoil Telmex Petrobras Broken_Hill News_Corp Qantas Garuda Norsk_Hydro
    Kerr_&_Sons_Ltd Harlow_Group_Plc Northgate_Corp Delta_Steel_Inc Pacific_Timber_Ltd Meridian_Oil_Co Summit_Holdings
    First_National_Bank Lakeside_Savings_Bank Orion_Pharmaceuticals Trans_World_Airlines`,
  ),
  agency: list(
    'ORG',
    `United_Nations U.N. NATO European_Union EU European_Commission International_Monetary_Fund IMF World_Bank OPEC FBI CIA
    Pentagon White_House Congress Senate Federal_Reserve Bundesbank Bank_of_England Bank_of_Japan Interfax Tass Xinhua
    Red_Cross UNHCR World_Trade_Organisation FIFA UEFA IOC Amnesty_International Greenpeace Hamas Hizbollah PLO Taleban
    Security_Council Supreme_Court Foreign_Ministry Defence_Ministry Interior_Ministry Finance_Ministry State_Department
    Labour Labour_Party Conservative_Party Republican_Party Congress_Party Likud African_National_Congress Sinn_Fein IRA
    Reuters Reuters_Television BBC CNN Itar-Tass Le_Monde New_York_Times Wall_Street_Journal Stock_Exchange OSCE`,
  ),
  nation: list(
    'O',
    'German French Italian Spanish British Russian Japanese Chinese Indian Pakistani Israeli Palestinian Iraqi Iranian Turkish Kurdish Greek Dutch Belgian Swedish Polish Czech Hungarian Serb Bosnian Croatian Chechen Australian Canadian Mexican Brazilian Nigerian Kenyan Rwandan American U.S. Swiss Austrian Romanian Irish Scottish English Cuban',
  ),
  weekday: list('O', 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'),
  month: list(
    'O',
    'January February March April May June July August September October November December',
  ),
  sport: list(
    'O',
    'SOCCER TENNIS CRICKET BASEBALL GOLF ATHLETICS CYCLING BASKETBALL BOXING RUGBY_UNION RUGBY_LEAGUE SWIMMING ICE_HOCKEY NHL_ICE_HOCKEY NBA_BASKETBALL MOTOR_RACING ALPINE_SKIING SQUASH SKIING',
  ),
  title: list(
    'O',
    'President Prime_Minister Foreign_Minister Defence_Minister Finance_Minister Chancellor Senator King General Interior_Minister spokesman spokeswoman analyst economist lawyer coach captain striker midfielder defender goalkeeper manager chairman',
  ),
  crop: list(
    'O',
    'wheat maize soybean sugar cocoa coffee copper gold crude gas_oil aluminium cotton rice',
  ),
  n: list('O', '0 1 2 3 4 5 6 7 8 9 10 11 12 14 17 21 24 28 33 46 58 71 90 103'),
  big: list('O', '1,200 350 4.5 12.7 1.3 640 27,000 98 75 2.25 110 16 8.9 0.4'),
  date: list('O', '1996-08-22 1996-12-06 1996-08-30 1997-01-14 1998-06-02 1996-11-19'),
  score: list('O', '1-0 2-1 3-1 0-0 2-2 4-0 3-2 5-1'),
  sets: list('O', '6-3_7-6 6-4_6-2 7-5_3-6_6-1 6-0_6-4 4-6_6-3_7-5 6-2_6-7_(_5-7_)_6-3'),
  time: list(
    'O',
    '9.97 44.32 1:43.50 3:32.10 13:07.4 one_hour_34_minutes 4_hours_12_minutes 2:04.18',
  ),
  person: { type: 'PER', names: [] },
  surname: list('PER', family),
  initial: { type: 'PER', names: [] },
};
const families = family.trim().split(/\s+/);
const givens = given.trim().split(/\s+/);
lists.person = {
  type: 'PER',
  names: givens.flatMap((g, i) =>
    [0, 7, 19, 31, 47].map((k) => `${g}_${families[(i + k) % families.length]}`),
  ),
};
lists.initial = {
  type: 'PER',
  names: families.map((name, i) => `${givens[(i * 11) % givens.length]?.[0]}._${name}`),
};

/** Written in capitals as a whole. */
const headlines = `
{sport} - {country} GET LATE WIN OVER {country} .
{sport} - {person} BEATS {person} TO REACH LAST EIGHT .
{sport} - {country} NAME SQUAD FOR {country} TEST .
{sport} - {club} STUNNED BY {club} .
{sport} - {club} SIGN {nation} STRIKER {surname} .
{sport} - {surname} LEADS AFTER SECOND ROUND IN {city} .
{sport} - {nation} FIRST DIVISION SUMMARY .
{sport} - {nation} LEAGUE RESULTS / STANDINGS .
{sport} - RESULTS OF {weekday} 'S MATCHES IN {country} .
{sport} - {country} V {country} SCOREBOARD .
{sport} - {surname} OUT OF {city} MARATHON .
{sport} - {usteam} ROUT {usteam} {score} .
{sport} - {usteam} EDGE {usteam} IN OVERTIME .
{sport} - {surname} SET TO MISS {country} GAME .
{country} SAYS READY FOR TALKS WITH {country} .
{country} SHARES CLOSE HIGHER .
{city} STOCKS END WEAKER ON {company} FALL .
{agency} URGES {country} TO HALT FIGHTING .
{company} SEES HIGHER PROFIT IN {region} .
{company} TO CUT {big} JOBS IN {country} .
{nation} MINISTER {surname} TO VISIT {city} .
{person} SWORN IN AS {country} PRESIDENT .
{agency} CHIEF {surname} ARRIVES IN {city} .
FOCUS - {company} NET JUMPS ON {region} SALES .
{nation} {crop} EXPORTS FALL - {agency} .
BOMB KILLS {n} IN {city} .
REBELS KILL {n} IN {country} , SAYS {agency} .
PRESS DIGEST - {country} - {month} {n} .
{surname} SAYS {agency} PLAN WILL WORK .
{nation} TRUCK DRIVERS BLOCK {city} ROADS .
`;

/** Sentences in the usual case. */
const sentences = `
{city} {date}
{city} , {country} {date}
{city} , {month} {n} ( {agency} )
{person}
By {person}
{country} {score} {country}
{country} {n} {country} {n} ( halftime {score} )
{club} {n} {club} {n}
{club} {n} {club} {n}
{club} - {surname} {n} , {surname} {n} .
{club} {n} {n} {n} {n} {n} {n} {n}
{club} {n} {n} {n} {n} {n} {n} {n}
{usteam} {n} {usteam} {n}
{usteam} {n} {usteam} {n}
{usteam} at {usteam}
{usteam} {n} {n} .{n} -
{usteam} ( {surname} {n} - {n} ) at {usteam} ( {surname} {n} - {n} ) , {n}:35
In {city} : {usteam} {n} , {usteam} {n}
In {city} : {club} {n} {club} {n}
At {city} : {county} {n} and {n} for {n} . {county} {n} .
{county} {n} and {n} , {county} {n} - {n} .
{initial} c {surname} b {surname} {n}
{initial} not out {n}
{initial} lbw b {surname} {n}
Bowling : {surname} {n} - {n} - {n} - {n} , {surname} {n} - {n} - {n} - {n} .
Fall of wickets : {n} - {n} {n} - {n} .
{n}. {person} ( {country} ) {time}
{n}. {person} ( {country} ) {company} {time}
{n}. {person} ( {country} ) {n} points
{n}. {person} , {country} , {time}
{person} ( {country} ) beat {person} ( {country} ) {sets}
{n} - {person} ( {country} ) beat {n} - {person} ( {country} ) {sets}
{n} {person} ( {country} ) {n} {n} {n}
Scorers : {country} - {surname} ( {n}th minute ) , {surname} ( {n}th )
{country} : {n} - {person} ; {n} - {person} , {n} - {person} .
{country} - {initial} , {initial} , {initial} , {initial} .
Referee : {person} ( {country} ) .
Attendance : {big}
Standings after {weekday} 's matches :
{country} beat {country} {score} in a World Cup qualifier in {city} on {weekday} .
{country} began their tour with a win over {country} , {surname} scoring twice .
{club} beat {club} {score} on {weekday} to go top of the {nation} league .
{club} coach {person} said {surname} would miss the trip to {club} .
{surname} , who joined {club} from {club} in {month} , scored in the {n}th minute .
{usteam} 's {person} hit a homer in the {n}th inning as {usteam} lost {score} .
In {city} , {person} drove in three runs as {usteam} won for the {n}th time .
{surname} of {country} won the men 's race in {time} .
{nation} champion {person} was beaten by {person} of {country} .
The {country} captain said {city} was a hard place to play .
{title} {person} said on {weekday} that {country} would not accept the plan .
{nation} {title} {person} met {surname} in {city} on {weekday} .
{person} , the {nation} {title} , told {agency} that talks with {country} had failed .
{person} , {title} of {company} , said profits would rise in {country} .
{company} said on {weekday} it would buy {company} for {big} million .
Shares in {company} rose {n} percent after {agency} raised its forecast .
{company} , based in {city} , makes parts for {company} and {company} .
" We are ready , " {surname} told {agency} from {city} .
" {country} must act now , " {person} told reporters in {city} .
The {agency} said {n} people had fled {region} since {weekday} .
{agency} troops left {city} for {region} at dawn on {weekday} .
{nation} police arrested {n} men near {city} in northern {country} .
{country} , {country} and {country} voted for the {agency} plan .
The {nation} foreign ministry said {person} would fly to {city} .
The {agency} quoted {person} as saying that {country} had closed the border .
A {nation} court in {city} jailed {person} for {n} years .
The {crop} price in {city} fell to {big} a tonne , {agency} said .
{country} sold {big} tonnes of {crop} to {country} , traders in {city} said .
-- {city} newsroom +{n} {n} {n} 542
-- {person} , {city} newsroom , {n}-{n}-{n}
-- {agency} {city} desk
{nation} shares ended higher , led by {company} and {company} .
In {city} , {company} lost {n} to {big} while {company} gained {n} .
Born in {city} , {surname} studied in {city} before joining {company} .
{person} , {n} , of {city} , died on {weekday} , {agency} said .
These are the main stories in {weekday} 's {city} newspapers .
Issuer : {company}
Borrower {company} of {country}
Lead manager {company}
{company} Q{n} net $ {big} million vs $ {big} million
{agency} leader {person} said {country} and {country} had agreed on {region} .
The {region} talks in {city} ended without {surname} , a {agency} official said .
{surname} and {surname} met twice in {month} , in {city} and {city} .
`;

/** Numbers from 0 to 1 that depend on the seed alone. @param {number} seed */
export function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * The sentences, as tokens with tags: each template is filled `times` times.
 * @param {number} times
 * @returns {[token: string, tag: string][][]}
 */
export function newswire(times) {
  const next = random(1996);
  /** @param {string} template @param {boolean} isHeadline @returns {[string, string][]} */
  const filled = (template, isHeadline) =>
    template.split(' ').flatMap((word) => {
      const slot = /^(.*)\{(\w+)\}(.*)$/.exec(word);
      if (!slot) return [/** @type {[string, string]} */ ([word, 'O'])];
      const [, before, name = '', after] = slot;
      const { type, names } = lists[name] ?? { type: 'O', names: [name] };
      const chosen = names[Math.floor(next() * names.length)] ?? name;
      return `${before}${chosen}${after}`.split('_').map((token, i) => {
        const tag = type === 'O' ? 'O' : `${i === 0 ? 'B' : 'I'}-${type}`;
        return /** @type {[string, string]} */ ([isHeadline ? token.toUpperCase() : token, tag]);
      });
    });
  /** @param {string} templates @param {boolean} isHeadline */
  const all = (templates, isHeadline) =>
    templates
      .trim()
      .split('\n')
      .flatMap((template) => Array.from({ length: times }, () => filled(template, isHeadline)));
  return [...all(headlines, true), ...all(sentences, false)];
}
