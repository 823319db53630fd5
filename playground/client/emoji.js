/** The emoji that people and bots commonly write as `:name:`. An unknown name stays as it was typed. */

const TABLE = `
smile 😄 smiley 😃 grinning 😀 grin 😁 joy 😂 rofl 🤣 laughing 😆 slightly_smiling_face 🙂 wink 😉 blush 😊 innocent 😇 heart_eyes 😍
kissing_heart 😘 yum 😋 stuck_out_tongue 😛 sunglasses 😎 thinking_face 🤔 thinking 🤔 neutral_face 😐 expressionless 😑 smirk 😏
unamused 😒 face_with_rolling_eyes 🙄 grimacing 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 sweat_smile 😅 sweat 😓 confused 😕
worried 😟 slightly_frowning_face 🙁 cry 😢 sob 😭 scream 😱 angry 😠 rage 😡 exploding_head 🤯 partying_face 🥳 hugging_face 🤗
shushing_face 🤫 zany_face 🤪 nerd_face 🤓 robot_face 🤖 ghost 👻 skull 💀 clown_face 🤡 disappointed 😞 tired_face 😫 see_no_evil 🙈
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 wave 👋 clap 👏 raised_hands 🙌 pray 🙏 muscle 💪 point_up ☝️ point_right 👉
point_left 👈 point_down 👇 point_up_2 👆 fist ✊ raised_hand ✋ hand ✋ handshake 🤝 writing_hand ✍️ crossed_fingers 🤞 eyes 👀
bust_in_silhouette 👤 busts_in_silhouette 👥 speech_balloon 💬 thought_balloon 💭 left_speech_bubble 🗨️ shrug 🤷 facepalm 🤦 woman-raising-hand 🙋‍♀️
heart ❤️ broken_heart 💔 orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 sparkles ✨ star ⭐ star2 🌟
dizzy 💫 boom 💥 fire 🔥 zap ⚡ tada 🎉 confetti_ball 🎊 balloon 🎈 gift 🎁 trophy 🏆 medal 🏅 sports_medal 🏅 first_place_medal 🥇
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎ heavy_multiplication_x ✖️
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 stop_sign 🛑 construction 🚧 rotating_light 🚨 exclamation ❗ heavy_exclamation_mark ❗
question ❓ grey_question ❔ bangbang ‼️ interrobang ⁉️ information_source ℹ️ heavy_plus_sign ➕ heavy_minus_sign ➖ recycle ♻️ 100 💯
red_circle 🔴 large_red_circle 🔴 orange_circle 🟠 large_orange_circle 🟠 yellow_circle 🟡 large_yellow_circle 🟡 green_circle 🟢
large_green_circle 🟢 blue_circle 🔵 large_blue_circle 🔵 purple_circle 🟣 large_purple_circle 🟣 white_circle ⚪ black_circle ⚫
large_red_square 🟥 large_orange_square 🟧 large_yellow_square 🟨 large_green_square 🟩 large_blue_square 🟦 large_purple_square 🟪
black_small_square ▪️ white_large_square ⬜ black_large_square ⬛ white_square_button 🔳 black_square_button 🔲 small_blue_diamond 🔹 small_orange_diamond 🔸
arrow_up ⬆️ arrow_down ⬇️ arrow_right ➡️ arrow_left ⬅️ arrow_upper_right ↗️ arrow_lower_right ↘️ arrow_forward ▶️ arrow_backward ◀️
fast_forward ⏩ rewind ⏪ arrows_counterclockwise 🔄 arrows_clockwise 🔃 leftwards_arrow_with_hook ↩️ arrow_right_hook ↪️ repeat 🔁
double_vertical_bar ⏸️ pause_button ⏸️ black_square_for_stop ⏹️ black_right_pointing_triangle_with_double_vertical_bar ⏯️
black_right_pointing_double_triangle_with_vertical_bar ⏭️ twisted_rightwards_arrows 🔀
hourglass ⌛ hourglass_flowing_sand ⏳ watch ⌚ alarm_clock ⏰ stopwatch ⏱️ timer_clock ⏲️ mantelpiece_clock 🕰️ clock1 🕐 clock2 🕑 clock3 🕒 clock4 🕓
clock5 🕔 clock6 🕕 clock7 🕖 clock8 🕗 clock9 🕘 clock10 🕙 clock11 🕚 clock12 🕛 calendar 📆 date 📅 spiral_calendar_pad 🗓️
rocket 🚀 airplane ✈️ car 🚗 ship 🚢 checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️ pushpin 📌 round_pushpin 📍 paperclip 📎
link 🔗 memo 📝 pencil 📝 pencil2 ✏️ clipboard 📋 page_facing_up 📄 page_with_curl 📃 bookmark 🔖 bookmark_tabs 📑 books 📚 book 📖
open_book 📖 notebook 📓 newspaper 📰 scroll 📜 file_folder 📁 open_file_folder 📂 card_index_dividers 🗂️ file_cabinet 🗄️ wastebasket 🗑️
chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 inbox_tray 📥 outbox_tray 📤 package 📦 email 📧 envelope ✉️
mailbox 📫 telephone_receiver 📞 phone ☎️ iphone 📱 computer 💻 desktop_computer 🖥️ keyboard ⌨️ floppy_disk 💾 cd 💿 camera 📷
bulb 💡 flashlight 🔦 candle 🕯️ mag 🔍 mag_right 🔎 microscope 🔬 telescope 🔭 satellite 📡 satellite_antenna 📡 electric_plug 🔌 battery 🔋
lock 🔒 unlock 🔓 closed_lock_with_key 🔐 key 🔑 old_key 🗝️ shield 🛡️ hammer 🔨 wrench 🔧 hammer_and_wrench 🛠️ nut_and_bolt 🔩 gear ⚙️
toolbox 🧰 link_chain ⛓️ chains ⛓️ scales ⚖️ balance_scale ⚖️ test_tube 🧪 petri_dish 🧫 dna 🧬 brain 🧠 crystal_ball 🔮 jigsaw 🧩 puzzle_piece 🧩
dart 🎯 game_die 🎲 compass 🧭 world_map 🗺️ globe_with_meridians 🌐 earth_africa 🌍 house 🏠 office 🏢 bank 🏦 hospital 🏥 factory 🏭
building_construction 🏗️ classical_building 🏛️ bricks 🧱 wood 🪵 bell 🔔 ear 👂 no_bell 🔕 loudspeaker 📢 mega 📣 mute 🔇 sound 🔉 speaker 🔈
moneybag 💰 dollar 💵 credit_card 💳 money_with_wings 💸 shopping_trolley 🛒 seedling 🌱 herb 🌿 evergreen_tree 🌲 deciduous_tree 🌳 sunny ☀️
sun_with_face 🌞 crescent_moon 🌙 moon 🌔 zzz 💤 cloud ☁️ rain_cloud 🌧️ umbrella ☔ snowflake ❄️ rainbow 🌈 ocean 🌊 droplet 💧
coffee ☕ tea 🍵 pizza 🍕 cake 🍰 beer 🍺 apple 🍎 bug 🐛 bee 🐝 turtle 🐢 snail 🐌 tortoise 🐢 rabbit 🐰 dog 🐶 cat 🐱 owl 🦉 unicorn_face 🦄
ladybug 🐞 elephant 🐘 label 🏷️ ticket 🎫 admission_tickets 🎟️ ballot_box_with_ballot 🗳️ art 🎨 musical_note 🎵 headphones 🎧
one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ zero 0️⃣ keycap_ten 🔟 hash #️⃣ new 🆕 ok 🆗 sos 🆘 free 🆓 cool 🆒
vertical_traffic_light 🚦 traffic_light 🚥 ambulance 🚑 fire_engine 🚒 railway_car 🚃 tractor 🚜 anchor ⚓ passport_control 🛂 customs 🛃
back 🔙 end 🔚 on 🔛 soon 🔜 top 🔝 heavy_dollar_sign 💲 copyright ©️ registered ®️ tm ™️ infinity ♾️ wavy_dash 〰️ eight_spoked_asterisk ✳️
raising_hand 🙋 man-raising-hand 🙋‍♂️ technologist 🧑‍💻 female-technologist 👩‍💻 male-technologist 👨‍💻 detective 🕵️ sleuth_or_spy 🕵️ crown 👑
`;

const words = TABLE.trim().split(/\s+/);
const EMOJI = new Map();
for (let index = 0; index < words.length; index += 2) EMOJI.set(words[index], words[index + 1]);

/** The character for a name such as `tada`, or undefined. */
export const emojiFor = (name) => EMOJI.get(name.toLowerCase());

const NAMES = new Map([...EMOJI].reverse().map(([name, char]) => [char.replace("\uFE0F", ""), name]));

/** The name of an emoji written as a character, or undefined. */
export const nameOfChar = (char) => NAMES.get(char.replace("\uFE0F", ""));

/** Names that start with what was typed, or else contain it, for the composer. */
export function emojiLike(start, limit = 8) {
  const names = [...EMOJI.keys()];
  const found = new Set([...names.filter((name) => name.startsWith(start)), ...names.filter((name) => name.includes(start))]);
  return [...found].slice(0, limit).map((name) => ({ name, char: EMOJI.get(name) }));
}
