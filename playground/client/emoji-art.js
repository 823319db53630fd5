/**
 * Drawings of the emoji that the app uses most, so that they look the same on machines without an emoji font.
 * Each is a list of [colour, path] on a 20 × 20 grid; a colour that starts with `~` draws a line.
 */

const disc = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
const box = (x, y, w, h, r = 1.5) => `M${x + r} ${y}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}h${2 * r - w}a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - h}a${r} ${r} 0 0 1 ${r} ${-r}z`;
const ball = (color) => [[color, disc(10, 10, 8)]];
const tile = (color) => [[color, box(2, 2, 16, 16, 2)]];

const RED = "#dd2e44";
const AMBER = "#ffac33";
const YELLOW = "#ffcc4d";
const GREEN = "#3fa45b";
const BLUE = "#3b88c3";
const INK = "#3c4a57";
const PALE = "#dfe7ee";
const STEEL = "#8899a6";
const WHITE = "#ffffff";
const SKIN = "#ffdc5d";
const BROWN = "#a86a3a";

const page = (...marks) => [[PALE, box(4, 2, 12, 16)], [`~${STEEL}`, "M6.5 6h7M6.5 9h7M6.5 12h5"], ...marks];
const calendar = [[PALE, box(2, 4, 16, 14)], [RED, "M3.500 4h13a1.500 1.500 0 0 1 1.500 1.500V8H2V5.500A1.500 1.500 0 0 1 3.500 4z"], [`~${INK}`, "M6 2v4M14 2v4"], [STEEL, "M5 10h2v2H5zM9 10h2v2H9zM13 10h2v2h-2zM5 14h2v2H5zM9 14h2v2H9z"]];
const clockFace = (hands) => [[INK, disc(10, 10, 8)], [WHITE, disc(10, 10, 6.3)], [`~${INK}`, hands]];
const hourglass = [[BROWN, "M4 1.500h12v2.500H4zM4 16h12v2.500H4z"], ["#bbddf5", "M5.500 4h9c0 3-3 4.500-3 6s3 3 3 6h-9c0-3 3-4.500 3-6s-3-3-3-6z"], [YELLOW, "M7 6h6c-.8 1.500-2.300 2.300-2.600 3.500h-.8C9.300 8.300 7.800 7.500 7 6zM6.500 16c.3-1.800 2-2.600 3.500-3.600 1.500 1 3.200 1.800 3.500 3.600z"]];
const sparkle = (x, y, s) => `M${x} ${y - s}l${s / 3} ${(s * 2) / 3} ${(s * 2) / 3} ${s / 3} ${(-s * 2) / 3} ${s / 3} ${-s / 3} ${(s * 2) / 3} ${-s / 3} ${(-s * 2) / 3} ${(-s * 2) / 3} ${-s / 3} ${(s * 2) / 3} ${-s / 3}z`;
const lens = (handle) => [[`~${INK}`, handle], [STEEL, disc(10, 9, 6)], ["#bbddf5", disc(10, 9, 4.2)]];
const thumb = "M3 9h3.500v8H3zM7.500 9l3-6.500c1.500 0 2.200 1 2 2.500L12 8h4c1 0 1.600.8 1.400 1.800l-1.200 5.700c-.2.9-.8 1.500-1.700 1.500h-7z";
const lockBody = [[AMBER, box(4, 9, 12, 9)], [INK, disc(10, 12.5, 1.3)], [`~${INK}`, "M10 13v2.200"]];

export const ART = {
  warning: [[YELLOW, "M10 1.800c.7 0 1.200.4 1.500 1l7 13c.6 1.100-.2 2.400-1.500 2.400H3c-1.300 0-2.100-1.300-1.500-2.400l7-13c.3-.6.8-1 1.500-1z"], [INK, "M9 6.500h2l-.3 6H9.300z"], [INK, disc(10, 15, 1.1)]],
  white_check_mark: [[GREEN, box(1.5, 1.5, 17, 17, 3)], [`~${WHITE}`, "m5.500 10.500 3 3.200 6-7.200"]],
  heavy_check_mark: [[`~${GREEN}`, "m4 10.500 4 4.500 8-10"]],
  x: [[`~${RED}`, "m4 4 12 12M16 4 4 16"]],
  no_entry: [[RED, disc(10, 10, 8.5)], [WHITE, box(4.5, 8.3, 11, 3.4, 0.8)]],
  no_entry_sign: [[`~${RED}`, `${disc(10, 10, 7)}M5 5l10 10`]],
  octagonal_sign: [[RED, "M6.500 1.500h7l5 5v7l-5 5h-7l-5-5v-7z"]],
  red_circle: ball(RED), orange_circle: ball("#f4900c"), yellow_circle: ball(YELLOW), green_circle: ball(GREEN), blue_circle: ball(BLUE), purple_circle: ball("#aa8ed6"), white_circle: ball(PALE), black_circle: ball(INK),
  large_red_square: tile(RED), large_orange_square: tile("#f4900c"), large_yellow_square: tile(YELLOW), large_green_square: tile(GREEN), large_blue_square: tile(BLUE), white_large_square: tile(PALE), black_large_square: tile(INK),
  checkered_flag: [[`~${INK}`, "M4 2v16.500"], [PALE, "M5 3h12v9H5z"], [INK, "M5 3h3v3H5zM11 3h3v3h-3zM8 6h3v3H8zM14 6h3v3h-3zM5 9h3v3H5zM11 9h3v3h-3z"]],
  triangular_flag_on_post: [[`~${INK}`, "M5 2v16.500"], [RED, "M6 2.500 17 7 6 11.500z"]],
  memo: [...page(), [AMBER, "m11 13.500 5.500-6 2 1.800-5.500 6-2.600.8z"]],
  clipboard: [[BROWN, box(3.5, 2.5, 13, 16)], [WHITE, box(5.5, 4.5, 9, 12, 0.8)], [STEEL, box(7, 1.5, 6, 3.5, 1)], [`~${STEEL}`, "M7.500 8h5M7.500 11h5M7.500 14h3"]],
  page_facing_up: page(),
  pencil2: [[AMBER, "M13.500 2.500l4 4L7 17l-4-4z"], ["#ea596e", "M13.500 2.500l1.200-1.200a1.500 1.500 0 0 1 2.100 0l1.900 1.900a1.500 1.500 0 0 1 0 2.100L17.500 6.500z"], [INK, "M3 13l4 4-5.500 1.500z"]],
  spiral_calendar_pad: calendar, calendar, date: calendar,
  hourglass, hourglass_flowing_sand: hourglass,
  alarm_clock: [...clockFace("M10 6v4l3 1.500"), [RED, "M2 5.500 5.500 2 7 3.500 3.500 7zM18 5.500 14.500 2 13 3.500 16.500 7z"]],
  mute: [[STEEL, "M2 7.500h4l5-4.500v14l-5-4.500H2z"], [`~${RED}`, "m13.500 7 5 6M18.500 7l-5 6"]],
  turtle: [[GREEN, "M2.500 13a6.500 6.500 0 0 1 13 0z"], ["#77b255", disc(17, 11.5, 2)], ["#77b255", box(3.5, 13, 3, 3, 1)], ["#77b255", box(11.5, 13, 3, 3, 1)]],
  arrow_right_hook: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [`~${WHITE}`, "M5 14.500v-3.500a3 3 0 0 1 3-3h7M12 5l3 3-3 3"]],
  leftwards_arrow_with_hook: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [`~${WHITE}`, "M15 14.500v-3.500a3 3 0 0 0-3-3H5M8 5 5 8l3 3"]],
  stopwatch: [[INK, "M8 .8h4v2.700H8z"], ...clockFace("M10 6v4")],
  watch: clockFace("M10 6v4l3 1.500"), clock1: clockFace("M10 6v4l1.500-3"), clock3: clockFace("M10 6v4h3"), clock4: clockFace("M10 6v4l2.600 1.500"), clock9: clockFace("M10 6v4H7"),
  rocket: [[AMBER, "M5 12.500 2 18l5.500-3z"], [PALE, "M18.500 1.500c-5 .2-9 2.500-12 8.500l3.500 3.500c6-3 8.300-7 8.500-12z"], [RED, "M7 8.500 3 9l-1 3 4.500-.8zM11.500 13l-.5 4-3 1 .8-4.500zM18.500 1.500l-4.200.8 3.400 3.400z"], [BLUE, disc(13, 7, 1.8)]],
  satellite: [[STEEL, "M3 6a9 9 0 0 0 11 11z"], [`~${INK}`, "m8.500 11.500 4-4M6 17.500l-1.500 1"], [RED, disc(13, 7, 1.3)], [`~${BLUE}`, "M14.500 2.500a4.500 4.500 0 0 1 3 3"]],
  satellite_antenna: [[STEEL, "M3 6a9 9 0 0 0 11 11z"], [`~${INK}`, "m8.500 11.500 4-4M6 17.500l-1.500 1"], [RED, disc(13, 7, 1.3)]],
  mag: lens("m14 13.500 4 4"), mag_right: lens("m14 13.500 4 4"),
  pushpin: [[`~${STEEL}`, "m8 12-5 5.500"], [RED, "m11 2 7 7-2.500.8-2.700 2.700-.5 3.500-8-8 3.500-.5 2.700-2.700z"]],
  round_pushpin: [[`~${STEEL}`, "M10 9v9.500"], [RED, disc(10, 6, 4.5)]],
  electric_plug: [[INK, "M5 7h10v3a5 5 0 0 1-10 0z"], [`~${STEEL}`, "M7.500 6.500v-4M12.500 6.500v-4"], [`~${INK}`, "M10 14v4.500"]],
  crescent_moon: [[YELLOW, "M13 1.800a8.500 8.500 0 1 0 5.200 11A7 7 0 0 1 13 1.800z"]],
  zzz: [[`~${BLUE}`, "M3 10h6l-6 7h6M11 3h6l-6 6.500h6"]],
  handshake: [[SKIN, "M1.500 6 6 5l4 2 4-2 4.500 1v6l-3 .5-4.500 4-5.500-4-4-.5z"], [`~${BROWN}`, "m7.500 10.500 2.500-3 4.500 4"]],
  raised_hand: [[SKIN, "M6 9V4a1.100 1.100 0 0 1 2.200 0V2.500a1.100 1.100 0 0 1 2.200 0V3.500a1.100 1.100 0 0 1 2.200 0V5a1.100 1.100 0 0 1 2.200 0v8c0 3.500-2 5.500-5 5.500S5.500 17 4.500 14l-1.200-3.500c.8-1 2-.8 2.700.5z"]],
  grey_question: [[STEEL, "M6 7c0-2.500 1.800-4.200 4.200-4.200S14.300 4.400 14.300 6.600c0 3-3 3-3 5.400H8.800c0-3.500 2.900-3.600 2.900-5.200 0-.9-.6-1.500-1.500-1.500S8.600 6 8.600 7z"], [STEEL, disc(10, 15.5, 1.5)]],
  question: [[RED, "M6 7c0-2.500 1.800-4.200 4.200-4.200S14.300 4.400 14.300 6.600c0 3-3 3-3 5.400H8.800c0-3.500 2.900-3.600 2.900-5.200 0-.9-.6-1.500-1.500-1.500S8.600 6 8.600 7z"], [RED, disc(10, 15.5, 1.5)]],
  exclamation: [[RED, "M8.300 2.500h3.400l-.7 9.500H9z"], [RED, disc(10, 15.5, 1.6)]],
  rewind: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [WHITE, "M10 5v10l-6-5zM16 5v10l-6-5z"]],
  fast_forward: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [WHITE, "M4 5v10l6-5zM10 5v10l6-5z"]],
  arrows_counterclockwise: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [`~${WHITE}`, "M14 7.500A4.800 4.800 0 0 0 5.500 9M6 12.500A4.800 4.800 0 0 0 14.500 11M14.200 4.500v3.200H11M5.800 15.500v-3.200H9"]],
  repeat: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [`~${WHITE}`, "M5 11V9a2 2 0 0 1 2-2h7M15 9v2a2 2 0 0 1-2 2H6M12.500 5l2 2-2 2M7.500 11l-2 2 2 2"]],
  arrow_right: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [`~${WHITE}`, "M5 10h9M10.500 6l4 4-4 4"]],
  information_source: [[BLUE, box(1.5, 1.5, 17, 17, 3)], [WHITE, "M9 8.500h2.200V15H9z"], [WHITE, disc(10, 5.8, 1.3)]],
  tada: [[YELLOW, "M2 18.500 6 7.500l6.500 6.500z"], [RED, sparkle(15, 4, 2.2)], [BLUE, sparkle(10.5, 4, 1.8)], [GREEN, sparkle(16, 11, 1.8)], [`~${RED}`, "M12 9c0-2 1.500-2.500 3-2.500"]],
  sparkles: [[AMBER, sparkle(8, 11, 6.5)], [AMBER, sparkle(15.5, 4, 3)], [AMBER, sparkle(16, 16, 2.2)]],
  star: [[AMBER, "m10 1.500 2.600 5.700 6.200.7-4.600 4.200 1.300 6.100L10 15.100l-5.500 3.100 1.300-6.100L1.200 7.900l6.200-.7z"]],
  trophy: [[AMBER, "M5 2h10v5.500a5 5 0 0 1-10 0zM9 12h2v3.500H9zM6 15.500h8v2.700H6z"], [`~${AMBER}`, "M5 4H2.500c0 3 1 4.500 3 5M15 4h2.500c0 3-1 4.500-3 5"]],
  sports_medal: [[BLUE, "M5 1.500h4l2 5-2.500 2zM15 1.500h-4l-2 5 2.500 2z"], [AMBER, disc(10, 13, 5.3)], [WHITE, sparkle(10, 13, 2.8)]],
  ghost: [[PALE, "M4 18V9a6 6 0 0 1 12 0v9l-2-2-2 2-2-2-2 2-2-2z"], [INK, disc(8, 9, 1.1)], [INK, disc(12, 9, 1.1)]],
  ear: [[SKIN, "M6 9a4.500 4.500 0 0 1 9 0c0 4-3.500 4-3.500 7a2.500 2.500 0 0 1-5 0z"], [`~${BROWN}`, "M8.500 9a2 2 0 0 1 4 0c0 2-2 2-2 4"]],
  black_small_square: [[INK, box(6, 6, 8, 8, 1)]],
  ballot_box_with_check: [...tile(BLUE), [`~${WHITE}`, "M5.500 10l3 3.500 6-7"]],
  arrow_up: [...tile(BLUE), [`~${WHITE}`, "M10 15V5M6 9l4-4 4 4"]],
  arrow_down: [...tile(BLUE), [`~${WHITE}`, "M10 5v10M6 11l4 4 4-4"]],
  eyes: [["#c3d0db", "M5.500 4c2 0 3.500 2.700 3.500 6s-1.500 6-3.500 6S2 13.300 2 10s1.500-6 3.500-6zM14.500 4c2 0 3.500 2.700 3.500 6s-1.500 6-3.500 6S11 13.300 11 10s1.500-6 3.500-6z"], [INK, disc(4.6, 10.5, 1.8)], [INK, disc(13.6, 10.5, 1.8)]],
  "+1": [[SKIN, thumb]], thumbsup: [[SKIN, thumb]],
  wave: [[SKIN, "M6 9V4a1.100 1.100 0 0 1 2.200 0V2.500a1.100 1.100 0 0 1 2.200 0V3.500a1.100 1.100 0 0 1 2.200 0V5a1.100 1.100 0 0 1 2.200 0v8c0 3.500-2 5.500-5 5.500S5.500 17 4.500 14l-1.200-3.500c.8-1 2-.8 2.700.5z"], [`~${STEEL}`, "M2 5.500 3.500 3M18 13.500 16.500 16.500"]],
  heart: [[RED, "M10 17.500C4 13 1.500 10 1.500 6.700 1.500 4.300 3.300 2.500 5.600 2.500c1.800 0 3.400 1 4.400 2.700 1-1.700 2.600-2.700 4.400-2.700 2.300 0 4.100 1.800 4.100 4.200 0 3.300-2.500 6.300-8.500 10.800z"]],
  fire: [[AMBER, "M10 1c1 3 5.500 5.500 5.500 11A5.600 5.600 0 0 1 10 18.500 5.600 5.600 0 0 1 4.500 12.500c0-2.500 1.500-4 2.500-5.500.3 1.500.8 2 1.500 2.500C8.800 6 8.500 3.500 10 1z"], [YELLOW, "M10 11c1 1.500 2.500 2.300 2.500 4.200a2.500 2.500 0 0 1-5 0C7.500 13.500 9 12.700 10 11z"]],
  zap: [[AMBER, "M12 1 3.500 11.500h5L7 19l9.500-11H11z"]],
  bulb: [[YELLOW, "M10 1.500a6 6 0 0 1 3.500 10.800c-.7.500-1 1.200-1 2.200h-5c0-1-.3-1.700-1-2.200A6 6 0 0 1 10 1.500z"], [STEEL, "M7.500 15.500h5v1.500h-5zM8.500 17.500h3v1.200h-3z"]],
  lock: [[`~${STEEL}`, "M6.500 9V6.500a3.500 3.500 0 0 1 7 0V9"], ...lockBody],
  unlock: [[`~${STEEL}`, "M6.500 9V5.500a3.500 3.500 0 0 1 7-.5"], ...lockBody],
  key: [[AMBER, disc(6.5, 6.5, 5)], [WHITE, disc(5.5, 5.5, 1.5)], [`~${AMBER}`, "m9.500 9.500 8 8M14 14l2-2M16.500 16.500l1.500-1.500"]],
  hammer_and_wrench: [[`~${STEEL}`, "m4 16 9-9M13 3.500a3.500 3.500 0 0 0 3.500 4.500"], [`~${BROWN}`, "m16 16-7-7"], [INK, "m3 5.500 4-3.500 4 3.500-2 2-1.500-.5L5 8z"]],
  gear: [[STEEL, disc(10, 10, 6.2)], [STEEL, `M8.700 1.500h2.600v17H8.700zM1.500 8.700h17v2.600h-17zM3.100 5l1.900-1.900L17 15.100l-2 1.900zM15 3.100 16.900 5 5 16.900 3.100 15z`], [WHITE, disc(10, 10, 2.6)]],
  bell: [[AMBER, "M10 2a5 5 0 0 1 5 5c0 4.500 1 6 2.500 7.500h-15C4 13 5 11.500 5 7a5 5 0 0 1 5-5z"], [BROWN, "M8 15.500h4a2 2 0 0 1-4 0z"]],
  no_bell: [[STEEL, "M10 2a5 5 0 0 1 5 5c0 4.500 1 6 2.500 7.500h-15C4 13 5 11.500 5 7a5 5 0 0 1 5-5z"], [`~${RED}`, "m3 3 14 14"]],
  bar_chart: [[PALE, box(1.5, 1.5, 17, 17)], [GREEN, "M4 9h3v7H4z"], [RED, "M8.500 4h3v12h-3z"], [BLUE, "M13 7h3v9h-3z"]],
  chart_with_upwards_trend: [[PALE, box(1.5, 1.5, 17, 17)], [`~${RED}`, "m4 14 4-4 3 2 5-7"]],
  chart_with_downwards_trend: [[PALE, box(1.5, 1.5, 17, 17)], [`~${BLUE}`, "m4 5 4 5 3-2 5 7"]],
  dart: [[RED, disc(10, 10, 8.5)], [WHITE, disc(10, 10, 6)], [RED, disc(10, 10, 3.5)], [`~${INK}`, "m10 10 7-7"]],
  package: [["#c69f6f", box(2, 4, 16, 14, 1)], [BROWN, "M8 4h4v6H8z"]],
  bust_in_silhouette: [[BLUE, `${disc(10, 6.5, 4)}M2.500 18.500c0-4.500 3-7 7.500-7s7.500 2.500 7.500 7z`]],
  busts_in_silhouette: [[STEEL, `${disc(14, 6.5, 3)}M9 17c0-4 2-6 5-6s5 2 5 6z`], [BLUE, `${disc(7.5, 7, 3.5)}M1 18.500c0-4.500 2.500-6.800 6.500-6.800s6.500 2.300 6.500 6.800z`]],
  speech_balloon: [[PALE, "M10 2.500c4.700 0 8.500 2.900 8.500 6.500s-3.800 6.500-8.500 6.500c-.8 0-1.600-.1-2.400-.3L3.500 18l.7-4C2.500 12.800 1.500 11 1.500 9c0-3.600 3.800-6.500 8.500-6.500z"], [STEEL, `${disc(6, 9, 1.1)}${disc(10, 9, 1.1)}${disc(14, 9, 1.1)}`]],
  rotating_light: [[RED, "M5 15V9a5 5 0 0 1 10 0v6z"], [STEEL, "M3 15h14v3H3z"], [`~${AMBER}`, "M10 2V1M3 5 2 4M17 5l1-1"]],
  construction: [[AMBER, box(1.5, 5, 17, 7, 1)], [INK, "m4 5-2.500 5V12H2l3.500-7zM9.500 5 6 12h2.500L12 5zM16 5l-3.500 7H15l3.500-7z"], [`~${STEEL}`, "M5 12v6M15 12v6"]],
  seedling: [[GREEN, "M10 11C9 5.500 6 4 2 4c0 4.500 3 7 8 7zM10 9c.5-4.500 3.500-6 8-6 0 4.500-3 7-8 7z"], [`~${GREEN}`, "M10 18.500V10"]],
  link: [[`~${STEEL}`, "M8.500 11.500a3.500 3.500 0 0 0 5 0l3-3a3.500 3.500 0 0 0-5-5l-1 1M11.500 8.500a3.500 3.500 0 0 0-5 0l-3 3a3.500 3.500 0 0 0 5 5l1-1"]],
  shield: [[BLUE, "M10 1.500 17.500 4v5.500c0 4.500-3 7.500-7.500 9.300C5.500 17 2.500 14 2.500 9.500V4z"], [`~${WHITE}`, "m6.500 10 2.500 2.700 4.500-5.200"]],
  scales: [[`~${AMBER}`, "M10 2v15M5.500 17.500h9M3 5h14M3 5 1 11h4zM17 5l-2 6h4z"]],
  test_tube: [[PALE, "M12 2l6 6-9.500 9.500a4.200 4.200 0 0 1-6-6z"], [GREEN, "m6 8.500 8 2.500-5.500 6.500a4.200 4.200 0 0 1-6-6z"]],
};

const SVG = "http://www.w3.org/2000/svg";

function path([color, d]) {
  const node = document.createElementNS(SVG, "path");
  const line = color.startsWith("~");
  const look = line ? { fill: "none", stroke: color.slice(1), "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" } : { fill: color };
  for (const [key, value] of Object.entries({ ...look, d })) node.setAttribute(key, value);
  return node;
}

/** The drawing of an emoji, or null where there is none. */
export function emojiArt(name) {
  if (!Object.hasOwn(ART, name)) return null;
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", "aria-hidden": "true", class: "emoji-art" })) svg.setAttribute(key, value);
  svg.append(...ART[name].map(path));
  return svg;
}
