import { describe, expect, it } from 'vitest';
import { ATMOSPHERE, FEDIVERSE, GENERAL } from './rules';
import { firstLink, segments } from './segments';

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

it('loses nothing of a text where nothing is shortened', () => {
  for (const text of ['', 'a', ' \n#x @a.example https://b.example ', 'شاهد example.com الآن', '👩‍🚀 #👩‍🚀']) {
    for (const rules of [ATMOSPHERE, GENERAL]) {
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
