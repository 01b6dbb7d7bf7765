#include "priors/text/bpe_tokenizer.hpp"

#include <nlohmann/json.hpp>
#include <queue>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/json.hpp"
#include "priors/text/unicode.hpp"

namespace lvtino {
namespace {

const std::string kStart = "<|startoftext|>", kEnd = "<|endoftext|>", kWordEnd = "</w>";

/// The printable character that stands for a byte in vocabularies: itself, or one from U+0100 on.
std::string byte_name(int byte) {
  const auto printable = [](int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  };
  int others = 0;
  for (int b = 0; b < byte; ++b) others += printable(b) ? 0 : 1;
  std::string out;
  unicode::append_utf8(out, char32_t(printable(byte) ? byte : 256 + others));
  return out;
}

bool is_other(char32_t c) {
  return !unicode::is_space(c) && !unicode::is_letter(c) && !unicode::is_number(c);
}

/// The end of the word that begins at i, which is no space.
std::size_t word_end(const std::u32string& text, std::size_t i) {
  for (const std::u32string_view ending : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"})
    if (text.compare(i, ending.size(), ending) == 0) return i + ending.size();
  if (unicode::is_number(text[i])) return i + 1;
  const auto kind = unicode::is_letter(text[i]) ? unicode::is_letter : is_other;
  while (i < text.size() && kind(text[i])) ++i;
  return i;
}

/// The special token whose characters begin at i, or nothing.
std::string special_at(const std::u32string& text, std::size_t i) {
  for (const std::string& special : {kStart, kEnd})
    if (text.compare(i, special.size(), unicode::decoded(special)) == 0) return special;
  return "";
}

}  // namespace

BpeTokenizer BpeTokenizer::read(const std::string& vocabulary, const std::string& merges) {
  return {read_file(vocabulary), vocabulary, read_file(merges), merges};
}

BpeTokenizer::BpeTokenizer(const std::string& vocabulary, const std::string& vocabulary_name,
                           const std::string& merges, const std::string& merges_name) {
  read_vocabulary(vocabulary, vocabulary_name);
  read_merges(merges, merges_name);
  const auto id_or_end = [&](const std::string& token) {
    const auto found = vocabulary_.find(token);
    return found == vocabulary_.end() ? end_ : found->second;
  };
  for (int byte = 0; byte < 256; ++byte) {
    inside_.push_back(id_or_end(byte_name(byte)));
    last_.push_back(id_or_end(byte_name(byte) + kWordEnd));
  }
}

void BpeTokenizer::read_vocabulary(const std::string& bytes, const std::string& name) {
  const Json document = parse_json(bytes, name);
  if (!document.is_object()) throw IoError(text(name, ": expected an object of tokens and ids"));
  size_ = std::int64_t(document.size());
  std::vector<bool> seen(document.size());
  for (const auto& [token, id] : document.items()) {
    const bool valid = id.is_number_integer() && id >= 0 && id < size_;
    if (!valid || seen[id.get<std::size_t>()])
      throw IoError(text(name, ": token ", token, ": expected an id of its own in 0 .. ", size_ - 1,
                         ", got ", id.dump()));
    seen[id.get<std::size_t>()] = true;
    vocabulary_[token] = id.get<std::int64_t>();
  }
  for (const auto& [token, id] : {std::pair{kStart, &start_}, {kEnd, &end_}}) {
    const auto found = vocabulary_.find(token);
    if (found == vocabulary_.end()) throw IoError(text(name, ": no token ", token));
    *id = found->second;
  }
}

void BpeTokenizer::read_merges(const std::string& bytes, const std::string& name) {
  std::int64_t line = 0;
  for (std::size_t begin = 0; begin < bytes.size(); ++line) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view words(bytes.data() + begin, end - begin);
    if (!words.empty() && words.back() == '\r') words.remove_suffix(1);
    begin = end + 1;
    if (line == 0 || words.empty()) continue;
    const auto refuse = [&](const std::string& why) {
      throw IoError(text(name, ": line ", line + 1, ": ", why, ", got \"", words, "\""));
    };
    const std::size_t space = words.find(' ');
    if (space == std::string_view::npos || words.find(' ', space + 1) != std::string_view::npos)
      refuse("expected two tokens");
    const std::string a(words.substr(0, space)), b(words.substr(space + 1));
    const auto first = vocabulary_.find(a), second = vocabulary_.find(b),
               both = vocabulary_.find(a + b);
    if (first == vocabulary_.end() || second == vocabulary_.end() || both == vocabulary_.end())
      refuse("expected tokens of the vocabulary whose union is one");
    merges_.emplace(std::pair{first->second, second->second}, Merge{line, both->second});
  }
}

std::vector<std::int64_t> BpeTokenizer::ids(std::string_view text) const {
  std::vector<std::int64_t> out;
  while (!text.empty()) {
    const std::size_t start = text.find(kStart), end = text.find(kEnd);
    const std::size_t special = std::min({start, end, text.size()});
    append_plain(text.substr(0, special), out);
    if (special == text.size()) break;
    out.push_back(special == start ? start_ : end_);
    text.remove_prefix(special + (special == start ? kStart : kEnd).size());
  }
  return out;
}

void BpeTokenizer::append_plain(std::string_view utf8, std::vector<std::int64_t>& out) const {
  const std::u32string text = unicode::lower_case(unicode::composed(unicode::decoded(utf8)));
  for (std::size_t i = 0; i < text.size();) {
    if (unicode::is_space(text[i])) {
      ++i;
      continue;
    }
    // A special token in other than lower case is no special token, but keeps what follows apart.
    if (const std::string special = text[i] == U'<' ? special_at(text, i) : ""; !special.empty()) {
      append_word(special.substr(0, 2), out);
      append_word(special.substr(2, special.size() - 4), out);
      append_word(special.substr(special.size() - 2), out);
      i += special.size();
      continue;
    }
    const std::size_t end = word_end(text, i);
    append_word(unicode::encoded(text.substr(i, end - i)), out);
    i = end;
  }
}

// The pair that merges first, leftmost among equals, until none does: a queue of pairs and a list
// of what is left, so that long words do not take quadratic time.
void BpeTokenizer::append_word(std::string_view bytes, std::vector<std::int64_t>& out) const {
  struct Symbol {
    std::int64_t id, previous, next;
  };
  struct Candidate {
    std::int64_t rank, left, first, second, result;
    bool operator<(const Candidate& other) const {  // the queue's top is the largest
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };
  const auto count = std::int64_t(bytes.size());
  std::vector<Symbol> symbols;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[std::size_t(i)]);
    symbols.push_back(
        {(i + 1 == count ? last_ : inside_)[byte], i - 1, i + 1 < count ? i + 1 : -1});
  }
  std::priority_queue<Candidate> queue;
  const auto consider = [&](std::int64_t left) {
    if (left < 0 || symbols[std::size_t(left)].next < 0) return;
    const std::int64_t first = symbols[std::size_t(left)].id;
    const std::int64_t second = symbols[std::size_t(symbols[std::size_t(left)].next)].id;
    const auto merge = merges_.find({first, second});
    if (merge != merges_.end())
      queue.push({merge->second.rank, left, first, second, merge->second.result});
  };
  for (std::int64_t i = 0; i < count; ++i) consider(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbols[std::size_t(best.left)];
    if (left.id != best.first || left.next < 0) continue;  // merged since
    Symbol& right = symbols[std::size_t(left.next)];
    if (right.id != best.second) continue;
    left.id = best.result;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols[std::size_t(left.next)].previous = best.left;
    consider(left.previous);
    consider(best.left);
  }
  for (std::int64_t i = 0; i >= 0 && i < count; i = symbols[std::size_t(i)].next)
    out.push_back(symbols[std::size_t(i)].id);
}

TokenRows BpeTokenizer::rows(const std::vector<std::string>& texts, std::int64_t pad,
                             std::int64_t length) const {
  if (length < 2) throw ShapeError(text("tokens: expected a length of 2 at least, got ", length));
  std::vector<std::vector<std::int64_t>> out;
  for (const std::string& one : texts) {
    std::vector<std::int64_t> row = ids(one);
    row.resize(std::min(row.size(), std::size_t(length - 2)));
    row.insert(row.begin(), start_);
    row.push_back(end_);
    out.push_back(std::move(row));
  }
  return padded_rows(out, length, pad);
}

}  // namespace lvtino
