import { describe, expect, it } from 'vitest';
import { ATMOSPHERE, BELOW_CAPTION, CAPTION, FEDIVERSE, GENERAL, PAGE, TOPICAL, WITH_TOPIC } from './rules';
import { beginning, firstLink, segments } from './segments';

const short = (text: string, rules = ATMOSPHERE) =>
  segments(text, rules)
    .filter((piece) => piece.kind !== 'text')
    .map((piece) => `${piece.kind}:${piece.shown}`);

describe('rich text between white space', () => {
  it('finds links with and without a scheme', () => {
    expect(short('See example.com, or (https://a.example/x_(y)).')).toEqual([
      'link:example.com',
      'link:https://a.example/x_(y)'
    ]);
    expect(short('a file.txt and ada@example.com')).toEqual([]);
    expect(short('docs.rs/tokio?x=1!')).toEqual(['link:docs.rs/tokio?x=1']);
  });

  it('finds handles that are names of hosts, and tags', () => {
    expect(short('Hi @ada.bsky.social and @ada!')).toEqual(['mention:@ada.bsky.social']);
    expect(short('#rust, #1 #42nd mid#word')).toEqual(['tag:#rust', 'tag:#42nd']);
    expect(short('(@mei.sandbox.test)')).toEqual(['mention:@mei.sandbox.test']);
  });
});

describe('text of the fediverse', () => {
  it('cuts long links off and keeps the whole of them', () => {
    const [link] = segments('https://www.example.com/a/very/long/path/indeed', FEDIVERSE);
    expect(link).toEqual({
      kind: 'link',
      shown: 'example.com/a/very/long/path/i…',
      whole: 'https://www.example.com/a/very/long/path/indeed'
    });
    expect(short('example.com', FEDIVERSE)).toEqual([]);
  });

  it('shows mentions without their host, and tags of words', () => {
    expect(short('@ada@social.example @bob #Grüße #123 a@b', FEDIVERSE)).toEqual([
      'mention:@ada',
      'mention:@bob',
      'tag:#Grüße'
    ]);
  });

  it('finds nothing inside a link', () => {
    expect(short('https://a.social/@ada/1#top', FEDIVERSE)).toEqual(['link:a.social/@ada/1#top']);
  });
});

describe('text of the networks of Meta', () => {
  it('has no links in a caption on Instagram, but names and tags', () => {
    expect(short('https://a.example/x b.example @ada.b. #Grüße, a@b.example (@_mei_)', CAPTION)).toEqual([
      'mention:@ada.b',
      'tag:#Grüße',
      'mention:@_mei_'
    ]);
    expect(firstLink('https://a.example', CAPTION)).toBeUndefined();
  });

  it('has links and tags on Facebook, and no names', () => {
    expect(short('example.com/a #one @ada #two', PAGE)).toEqual([
      'link:example.com/a',
      'tag:#one',
      'tag:#two'
    ]);
  });

  it('has one topic on Threads, which a setting may have taken', () => {
    expect(short('@ada #one #two example.com', TOPICAL)).toEqual([
      'mention:@ada',
      'tag:#one',
      'link:example.com'
    ]);
    expect(short('@ada #one #two', WITH_TOPIC)).toEqual(['mention:@ada']);
  });
});

describe('the beginning of a text', () => {
  const { characters = 0, lines = 0 } = CAPTION;
  const begun = (text: string) =>
    beginning(segments(text, CAPTION), characters, lines)
      ?.map(({ shown }) => shown)
      .join('');

  it('has 125 characters on Instagram, and a text of as many is whole', () => {
    expect(begun('x'.repeat(125))).toBeUndefined();
    expect(begun('x'.repeat(126))).toBe('x'.repeat(125));
    expect(begun('👩‍🚀'.repeat(125))).toBeUndefined();
    expect(begun('👩‍🚀'.repeat(126))).toBe('👩‍🚀'.repeat(125));
  });

  it('has three lines of those that were written', () => {
    expect(begun('one\ntwo\nthree')).toBeUndefined();
    expect(begun('one\n\nthree\nfour')).toBe('one\n\nthree');
    expect(begun('one\ntwo\nthree\n\n')).toBeUndefined();
  });

  it('ends in no space, and leaves of a tag what it has room for', () => {
    expect(begun(`${'x'.repeat(124)} and more`)).toBe('x'.repeat(124));
    const pieces = beginning(segments(`${'x'.repeat(120)} #harbour`, CAPTION), characters, lines);
    expect(pieces?.at(-1)).toEqual({ kind: 'tag', shown: '#har' });
  });
});

it('loses nothing of a text where nothing is shortened', () => {
  for (const text of ['', 'a', ' \n#x @a.example https://b.example ', 'شاهد example.com الآن', '👩‍🚀 #👩‍🚀']) {
    for (const rules of [ATMOSPHERE, GENERAL, PAGE, BELOW_CAPTION, TOPICAL]) {
      expect(
        segments(text, rules)
          .map((piece) => piece.shown)
          .join('')
      ).toBe(text);
    }
  }
});

it('makes a card of the first link', () => {
  expect(firstLink('a https://one.com b https://two.com', FEDIVERSE)).toBe('https://one.com');
  expect(firstLink('none', FEDIVERSE)).toBeUndefined();
});
