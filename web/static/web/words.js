// What the pages of signing in and joining say, in the languages of the letters.

const NAMES = { en: "English", ja: "日本語", ru: "Русский", uz: "O‘zbekcha" };
const STORE = "shiken.language";

const WORDS = {
  signOut: ["Sign out", "ログアウト", "Выйти", "Chiqish"],
  security: ["Security", "セキュリティ", "Безопасность", "Xavfsizlik"],
  admin: ["Admin", "管理", "Управление", "Boshqaruv"],
  toRooms: ["Back to the exam rooms", "試験一覧に戻る", "К списку экзаменов", "Imtihonlar ro‘yxatiga"],
  signIn: ["Sign in", "ログイン", "Войти", "Kirish"],
  email: ["E-mail", "メールアドレス", "Электронная почта", "Elektron pochta"],
  password: ["Password", "パスワード", "Пароль", "Parol"],
  forgotten: ["Forgotten your password?", "パスワードを忘れた方", "Забыли пароль?", "Parolni unutdingizmi?"],
  join: ["Make an account", "アカウントを作る", "Создать аккаунт", "Hisob yaratish"],
  or: ["or", "または", "или", "yoki"],
  withProvider: ["Sign in with {}", "{} でログイン", "Войти через {}", "{} orqali kirish"],
  codeTitle: ["One more step", "もう一つの確認", "Ещё один шаг", "Yana bir qadam"],
  codeHelp: ["Type the six digits that your app shows.", "アプリに表示された6桁の数字を入力してください。", "Введите шесть цифр из приложения.", "Ilovada ko‘rsatilgan olti raqamni kiriting."],
  code: ["Code", "コード", "Код", "Kod"],
  useRecovery: ["Use a recovery code instead", "リカバリーコードを使う", "Использовать резервный код", "Zaxira koddan foydalanish"],
  useApp: ["Use the app instead", "アプリを使う", "Использовать приложение", "Ilovadan foydalanish"],
  recoveryHelp: ["Type one of the codes that you kept. Each works once.", "保存してあるコードの一つを入力してください。各コードは一度だけ使えます。", "Введите один из сохранённых кодов. Каждый действует один раз.", "Saqlab qo‘ygan kodlaringizdan birini kiriting. Har biri bir marta ishlaydi."],
  recoveryCode: ["Recovery code", "リカバリーコード", "Резервный код", "Zaxira kod"],
  goOn: ["Go on", "続ける", "Продолжить", "Davom etish"],
  back: ["Back to sign in", "ログインに戻る", "Назад ко входу", "Kirishga qaytish"],
  oneMoment: ["One moment…", "お待ちください…", "Одну минуту…", "Bir daqiqa…"],
  didNotWork: ["That did not work", "うまくいきませんでした", "Не получилось", "Bo‘lmadi"],
  joinTitle: ["Join {}", "{} に参加する", "Присоединиться: {}", "{}: qo‘shilish"],
  invitationCode: ["Invitation code, if you have one", "招待コード（お持ちの方）", "Код приглашения, если есть", "Taklif kodi, agar bo‘lsa"],
  firstName: ["First name", "名", "Имя", "Ism"],
  lastName: ["Last name", "姓", "Фамилия", "Familiya"],
  letterSent: ["We have sent you a letter. It says what comes next.", "メールをお送りしました。次の手順をご確認ください。", "Мы отправили вам письмо. В нём сказано, что делать дальше.", "Sizga xat yubordik. Keyingi qadam unda yozilgan."],
  confirmTitle: ["Confirm your address", "メールアドレスの確認", "Подтвердите адрес", "Manzilni tasdiqlang"],
  itIsMine: ["It is mine", "自分のアドレスです", "Это мой адрес", "Bu mening manzilim"],
  confirmed: ["Your address is confirmed. If the center still has to approve your account, you get a letter when it has.", "メールアドレスを確認しました。センターの承認が必要な場合は、承認後にメールが届きます。", "Адрес подтверждён. Если центр ещё должен одобрить аккаунт, вы получите письмо.", "Manzil tasdiqlandi. Hisobni markaz tasdiqlashi kerak bo‘lsa, xat olasiz."],
  resetTitle: ["A new password", "新しいパスワード", "Новый пароль", "Yangi parol"],
  sendLink: ["Send me a link", "リンクを送る", "Отправить ссылку", "Havola yuborish"],
  linkSent: ["If there is an account with this address, a letter with a link is on its way.", "このアドレスのアカウントがあれば、リンクを記載したメールをお送りします。", "Если аккаунт с таким адресом есть, письмо со ссылкой уже отправлено.", "Bunday manzilli hisob bo‘lsa, havolali xat yuborildi."],
  newPassword: ["New password", "新しいパスワード", "Новый пароль", "Yangi parol"],
  setIt: ["Set it", "設定する", "Сохранить", "Saqlash"],
  passwordSet: ["Your password is changed. Sign in with the new one.", "パスワードを変更しました。新しいパスワードでログインしてください。", "Пароль изменён. Войдите с новым.", "Parol o‘zgartirildi. Yangisi bilan kiring."],
  invitation_refused: ["This invitation code does not work. Ask your center for a new one.", "この招待コードは使えません。センターに新しいコードをご依頼ください。", "Этот код приглашения не действует. Попросите в центре новый.", "Bu taklif kodi ishlamaydi. Markazdan yangisini so‘rang."],
  invitation_needed: ["This center can be joined by invitation only.", "このセンターへの参加には招待が必要です。", "В этот центр можно вступить только по приглашению.", "Bu markazga faqat taklif bilan qo‘shilish mumkin."],
  link_refused: ["This link does not work any more. Ask for a new one.", "このリンクは無効です。新しいリンクをご請求ください。", "Ссылка больше не действует. Запросите новую.", "Havola endi ishlamaydi. Yangisini so‘rang."],
  no_seat_left: ["This center cannot take in more people at the moment. Please ask there.", "このセンターは現在新しい方を受け入れられません。センターにお問い合わせください。", "Сейчас центр не может принять новых людей. Обратитесь в центр.", "Hozir markaz yangi odam qabul qila olmaydi. Markazga murojaat qiling."],
  language: ["Language", "言語", "Язык", "Til"],
  wrong_credentials: ["The e-mail address or the password is not right.", "メールアドレスまたはパスワードが正しくありません。", "Неверный адрес или пароль.", "Manzil yoki parol noto‘g‘ri."],
  locked_out: ["Too many tries. Wait a while, then try again.", "試行回数が多すぎます。しばらくしてからお試しください。", "Слишком много попыток. Подождите и попробуйте снова.", "Juda ko‘p urinish. Biroz kutib, qayta urinib ko‘ring."],
  too_many_requests: ["Too many tries. Wait a while, then try again.", "試行回数が多すぎます。しばらくしてからお試しください。", "Слишком много попыток. Подождите и попробуйте снова.", "Juda ko‘p urinish. Biroz kutib, qayta urinib ko‘ring."],
  wrong_code: ["This code is not right. Wait for the next one, or use a recovery code.", "コードが正しくありません。次のコードを待つか、リカバリーコードをお使いください。", "Код неверен. Дождитесь следующего или используйте резервный код.", "Kod noto‘g‘ri. Keyingisini kuting yoki zaxira koddan foydalaning."],
  challenge_over: ["That took too long. Sign in again.", "時間切れです。もう一度ログインしてください。", "Время вышло. Войдите снова.", "Vaqt tugadi. Qaytadan kiring."],
  journey_over: ["This sign-in was not begun in this browser, or it took too long. Begin anew.", "このブラウザで始めたログインではないか、時間切れです。最初からやり直してください。", "Вход начат не в этом браузере или время вышло. Начните заново.", "Kirish bu brauzerda boshlanmagan yoki vaqt tugagan. Qaytadan boshlang."],
  provider_refused: ["The provider did not let you in. Begin anew.", "プロバイダーがログインを許可しませんでした。最初からやり直してください。", "Провайдер не подтвердил вход. Начните заново.", "Provayder kirishga ruxsat bermadi. Qaytadan boshlang."],
  provider_unreachable: ["The provider does not answer. Try again in a while, or use your password.", "プロバイダーが応答しません。しばらくしてから試すか、パスワードをお使いください。", "Провайдер не отвечает. Попробуйте позже или войдите с паролем.", "Provayder javob bermayapti. Keyinroq urinib ko‘ring yoki paroldan foydalaning."],
  not_admitted: ["You cannot sign in here with this account yet. If you have a password here, sign in with it and connect the account on your security page; else ask your center.", "このアカウントではまだログインできません。パスワードをお持ちの方はログインしてセキュリティのページで連携するか、センターにお問い合わせください。", "С этим аккаунтом пока нельзя войти. Если у вас есть пароль, войдите с ним и подключите аккаунт на странице безопасности; иначе обратитесь в центр.", "Bu hisob bilan hali kirib bo‘lmaydi. Parolingiz bo‘lsa, u bilan kirib, hisobni xavfsizlik sahifasida ulang; aks holda markazga murojaat qiling."],
  password_too_short: ["A password has at least 8 characters.", "パスワードは8文字以上にしてください。", "В пароле должно быть не меньше 8 знаков.", "Parol kamida 8 belgidan iborat bo‘lsin."],
  password_too_common: ["This password is too common.", "このパスワードはよく使われるため、使えません。", "Этот пароль слишком распространён.", "Bu parol juda keng tarqalgan."],
  password_too_similar: ["This password is too much like your name or address.", "名前やメールアドレスに似たパスワードは使えません。", "Пароль слишком похож на ваше имя или адрес.", "Parol ismingiz yoki manzilingizga juda o‘xshash."],
  center_suspended: ["This center is suspended: nobody can sign in until it is active again.", "このセンターは停止中です。再開までログインできません。", "Центр приостановлен: вход пока невозможен.", "Markaz to‘xtatilgan: hozircha kirib bo‘lmaydi."],
};

const LANGUAGES = Object.keys(NAMES);

export function language() {
  const chosen = localStorage.getItem(STORE);
  if (LANGUAGES.includes(chosen)) return chosen;
  return navigator.languages.map((name) => name.slice(0, 2)).find((name) => LANGUAGES.includes(name)) || "en";
}

export function t(name, value = "") {
  return WORDS[name][LANGUAGES.indexOf(language())].replace("{}", value);
}

// A refusal in the reader's language where we have it, else in the server's words.
export const told = (problem) => (problem.code in WORDS ? t(problem.code)
  : problem.errors?.map(({ code, detail }) => (code in WORDS ? t(code) : detail)).join(" ") || problem.message);

// Words of a page that knows English and Japanese: ``{}`` takes the next value, ``{1}`` the second.
export function bilingual(words) {
  return (name, ...values) => {
    const [english, japanese] = words[name] || [name, name];
    let place = 0;
    return (language() === "ja" ? japanese : english).replace(/\{(\d?)\}/g, (_, number) => String(values[number === "" ? place++ : Number(number)] ?? ""));
  };
}

// A choice of language, among those that a page has; `again` draws the page anew.
export function languages(el, again, known = LANGUAGES) {
  const now = known.includes(language()) ? language() : known[0];
  document.documentElement.lang = now;
  return el("p", { class: "languages" }, ...known.map((name) => el("button", {
    class: "link", type: "button", lang: name, "aria-pressed": String(name === now),
    onclick: () => { localStorage.setItem(STORE, name); again(); },
  }, NAMES[name])));
}
