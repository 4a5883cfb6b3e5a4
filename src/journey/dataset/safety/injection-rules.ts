/** One kind of text that gives orders to an AI. `pattern` is searched in text as `readingText` makes it: one line, no furniture. */
export interface InjectionRule {
  readonly name: string;
  readonly pattern: RegExp;
}

/** Who is addressed. Not "agent" or "model" alone, which are ordinary words of programs. */
const ai = String.raw`(?:AI|A\.I\.|LLM|(?:large )?language[- ]model|chatbot|GPT(?:-\d\w*)?|ChatGPT|Claude(?: Code)?|Copilot|Codex|Gemini)`;
const aiThing = String.raw`${ai}(?:[- ](?:powered|based|coding|code|language|assistant|agent|model|bot|system|reviewer|tool)s?)*s?`;
/** A person who has to do with it is somebody else. */
const noPerson = String.raw`(?!['’]?\w*(?:[- ]\w+)?[- ](?:user|developer|researcher|engineer|customer|subscriber|company|provider|vendor|startup|enthusiast|expert|team|lab|student|scientist|project)s?\b)`;
const order = String.raw`(?:you (?:must|should|have to|need to|are (?:now|required|instructed)|will)|please|do not|don't|never|always|ignore|disregard|run|execute|delete|remove|send|print|insert|add|stop|immediately)`;

/**
 * Texts addressed to an AI, each narrow enough to leave ordinary code, documents and even guides for coding agents (AGENTS.md) alone;
 * `safety-flags.test.ts` has what must and what must not match.
 */
export const injectionRules: readonly InjectionRule[] = [
  {
    name: "ignore-instructions",
    pattern:
      /\b(?:ignore|disregard|forget)\b(?: (?:and|or) \w+)?(?: (?:all|any|every|the|of|your|my|our|these|those))*(?: (?:previous|previously|prior|above|earlier|preceding|foregoing|original|initial|system|given))+(?: (?:system|user|developer|safety|given))* (?:instructions?|prompts?)\b|\b(?:ignore|disregard|forget) (?:everything|anything|all) (?:you were told|you have been told|(?:that )?(?:was )?(?:said|written) (?:above|before)|i told you)\b|\b(?:override|bypass|ignore|disregard) your (?:\w+ ){0,2}(?:instructions|guidelines|system prompt|safety rules|programming)\b/iu,
  },
  {
    name: "ignore-instructions-in-other-languages",
    pattern:
      /\b(?:ignoriere|vergiss|missachte)n? (?:sie )?(?:alle |die |deine |sämtliche )*(?:vorherigen|bisherigen|obigen|früheren|vorangegangenen|vorigen) (?:anweisungen|instruktionen|befehle|prompts?)|\b(?:ignore[zr]?|oublie[zr]?) (?:toutes )?(?:les|tes|vos) (?:instructions|consignes) (?:précédentes|antérieures|ci-dessus)|\b(?:ignora|ignore|olvida|olvide) (?:todas )?(?:las|tus|sus) instrucciones (?:anteriores|previas)|\b(?:ignore|esqueça|desconsidere) (?:todas )?as instruções (?:anteriores|prévias|acima)|\b(?:ignora|dimentica) (?:tutte )?le istruzioni (?:precedenti|sopra)|(?:игнорируй|игнорируйте|забудь|забудьте) (?:все )?(?:предыдущие|прежние|вышеуказанные) (?:инструкции|указания)|(?:忽略|无视|忘记|無視|忽視)(?:掉)?(?:你)?(?:之前|先前|以上|上述|前面|所有|一切)(?:的)?(?:所有|全部|一切|系统)?(?:的)?(?:指令|指示|提示|说明|命令)|(?:以前|これまで|上記|前|すべて)の(?:すべての)?(?:指示|命令|プロンプト)を(?:無視|忘れ)|(?:이전|위|앞)의? ?(?:모든 ?)?(?:지시|명령|프롬프트)(?:사항)?(?:을|를)? ?(?:모두 ?)?(?:무시|잊)/iu,
  },
  {
    name: "if-you-are-an-ai",
    pattern: new RegExp(
      String.raw`\b(?:if|since|because|as) you(?:['’]re| are)(?: (?:an?|the|some kind of))?(?: (?:autonomous|automated|helpful|coding))* ${aiThing}\b${noPerson}`,
      "iu",
    ),
  },
  {
    name: "order-to-an-ai",
    pattern: new RegExp(
      [
        String.raw`\b(?:attention|note|notice|message|important|warning|dear|hey|hello|instructions?)[ :,!—-]*(?:(?:to|for) )?(?:(?:all|any|the|every) )?${aiThing} ?[:,!—] ?.{0,60}?\b${order}\b`,
        String.raw`\b${aiThing} (?:that (?:is |are )?)?(?:reading|reads?|processing|process(?:es)?|parsing|viewing|analy[sz]ing|reviewing) (?:this|these|the following)\b.{0,60}?\b${order}\b`,
      ].join("|"),
      "iu",
    ),
  },
  {
    name: "new-instructions",
    pattern:
      /\byour (?:new|real|actual|true|updated) (?:instructions?|objectives?|orders) (?:is|are)\b|\b(?:new|updated) (?:system prompt|instructions) (?:for (?:you|the (?:AI|assistant))|from (?:the |your )?(?:user|developer|operator|system|admin\w*))\b|\byou are (?:now|no longer) (?:an? |the )?(?:\w+ ){0,2}(?:AI|LLM|assistant|chatbot|DAN|unrestricted)\b(?! (?:user|developer)s?\b)/iu,
  },
  {
    name: "asks-for-the-system-prompt",
    pattern:
      /\b(?:reveal|print|output|repeat|show|leak|send|exfiltrate|disclose)\b(?: (?!your\b)\w+){0,3} your (?:\w+ ){0,2}(?:system prompt|(?:hidden|initial|original|secret) instructions)\b/iu,
  },
  {
    name: "hide-it-from-the-user",
    pattern: new RegExp(
      String.raw`\b(?:${ai}|assistant)\b[^.!?]{0,80}\b(?:do not|don't|must not|never|without) (?:tell|telling|inform|informing|mention|mentioning|reveal|revealing|alert|alerting|notify|notifying)\b[^.!?]{0,30}\b(?:user|human|operator)s?\b`,
      "iu",
    ),
  },
];

/**
 * Turns of a conversation that stand at the beginning of a line, as a chat template would write them, with words in them. In a
 * program's own templates a quote or a placeholder stands there.
 */
export const fakeTurn =
  /^[ \t]*(?:\d+[ \t:|]+)?(?:<\|im_start\|>(?:system|user|developer)|<\|start_header_id\|>(?:system|user)<\|end_header_id\|>|<system-reminder>|<\|(?:system|user)\|>)\s*\p{L}[^\n]*/mu;

/** Letters of the Unicode tag block, which no screen shows and models read. Flags of regions have at most six after their own sign. */
export const hiddenLetters = /[\u{e0020}-\u{e007e}]{8,}/u;
