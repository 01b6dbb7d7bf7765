#include "priors/text/unicode.hpp"

#include <map>

#include "lvtino/core/error.hpp"
#include "priors/text/unicode_tables.hpp"

namespace lvtino::unicode {
namespace {

/// The entry of a sorted table whose range holds c, or none.
template <class Entry>
const Entry* entry_of(std::span<const Entry> table, char32_t c) {
  const auto after = std::upper_bound(table.begin(), table.end(), c,
                                      [](char32_t x, const Entry& e) { return x < e.first; });
  if (after == table.begin()) return nullptr;
  const Entry& entry = *std::prev(after);
  return c <= entry.last ? &entry : nullptr;
}

// Hangul syllables are composed by arithmetic (Unicode standard, 3.12).
constexpr char32_t kSyllable = 0xAC00, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7;
constexpr char32_t kLeads = 19, kVowels = 21, kTails = 28;

std::int32_t combining_class(char32_t c) {
  const ClassRun* run = entry_of(combining_classes(), c);
  return run ? run->combining_class : 0;
}

void decompose(char32_t c, std::u32string& out) {
  if (c >= kSyllable && c < kSyllable + kLeads * kVowels * kTails) {
    const char32_t i = c - kSyllable;
    out += kLead + i / (kVowels * kTails);
    out += kVowel + i % (kVowels * kTails) / kTails;
    if (i % kTails != 0) out += kTail + i % kTails;
    return;
  }
  const auto pairs = canonical_pairs();
  const auto pair = std::lower_bound(pairs.begin(), pairs.end(), c,
                                     [](const Pair& p, char32_t x) { return p.whole < x; });
  if (pair != pairs.end() && pair->whole == c) {
    decompose(pair->first, out);
    decompose(pair->second, out);
    return;
  }
  const auto singles = canonical_singles();
  const auto single = std::lower_bound(singles.begin(), singles.end(), c,
                                       [](const Single& s, char32_t x) { return s.from < x; });
  if (single != singles.end() && single->from == c)
    decompose(single->to, out);
  else
    out += c;
}

/// Marks of one base in the order of their classes; marks of one class keep their order.
void reorder(std::u32string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (combining_class(text[begin]) == 0) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && combining_class(text[end]) != 0) ++end;
    std::stable_sort(
        text.begin() + std::ptrdiff_t(begin), text.begin() + std::ptrdiff_t(end),
        [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
    begin = end;
  }
}

/// The character that two make, or 0.
char32_t composition(char32_t a, char32_t b) {
  if (a >= kLead && a < kLead + kLeads && b >= kVowel && b < kVowel + kVowels)
    return kSyllable + ((a - kLead) * kVowels + b - kVowel) * kTails;
  const bool open =
      a >= kSyllable && a < kSyllable + kLeads * kVowels * kTails && (a - kSyllable) % kTails == 0;
  if (open && b > kTail && b < kTail + kTails) return a + b - kTail;
  static const auto table = [] {
    std::map<std::pair<char32_t, char32_t>, char32_t> made;
    for (const Pair& pair : canonical_pairs())
      if (pair.composes) made[{pair.first, pair.second}] = pair.whole;
    return made;
  }();
  const auto found = table.find({a, b});
  return found == table.end() ? 0 : found->second;
}

/// Characters up to the first byte that is not of UTF-8; returns where that is, or the size.
std::size_t decode(std::string_view utf8, std::u32string& out) {
  std::size_t i = 0;
  while (i < utf8.size()) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > utf8.size()) return i;
    char32_t c = length == 1 ? lead : lead & (0x7F >> length);
    for (std::size_t j = 1; j < length; ++j) {
      const auto next = static_cast<unsigned char>(utf8[i + j]);
      if ((next & 0xC0) != 0x80) return i;
      c = c << 6 | (next & 0x3F);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < kLeast[length] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return i;
    out += c;
    i += length;
  }
  return i;
}

}  // namespace

std::u32string decoded(std::string_view utf8) {
  std::u32string out;
  const std::size_t read = decode(utf8, out);
  if (read < utf8.size()) throw IoError(text("text: not UTF-8 at byte ", read));
  return out;
}

std::optional<std::u32string> decoded_if_utf8(std::string_view utf8) {
  std::u32string out;
  if (decode(utf8, out) < utf8.size()) return std::nullopt;
  return out;
}

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += char(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += char(0xC0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += char(0xE0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out += char(0xF0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string encoded(std::u32string_view characters) {
  std::string out;
  for (const char32_t c : characters) append_utf8(out, c);
  return out;
}

bool is_letter(char32_t c) { return entry_of(letters(), c) != nullptr; }

bool is_number(char32_t c) { return entry_of(numbers(), c) != nullptr; }

bool is_space(char32_t c) {
  return (c >= 0x9 && c <= 0xD) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::u32string lower_case(std::u32string_view characters) {
  std::u32string out;
  for (const char32_t c : characters) {
    // The one character whose lower case is two.
    if (c == 0x130) {
      out += U"i\u0307";
      continue;
    }
    const CaseRun* run = entry_of(lower_cases(), c);
    const bool has = run && (c - run->first) % char32_t(run->step) == 0;
    out += has ? char32_t(std::int64_t(c) + run->offset) : c;
  }
  return out;
}

std::u32string usual_form(char32_t c) {
  const auto forms = usual_forms();
  const auto form = std::lower_bound(forms.begin(), forms.end(), c,
                                     [](const Form& f, char32_t x) { return f.from < x; });
  if (form == forms.end() || form->from != c) return {c};
  return {form->to, std::find(form->to, form->to + 3, char32_t(0))};
}

std::u32string composed(std::u32string_view characters) {
  std::u32string apart;
  for (const char32_t c : characters) decompose(c, apart);
  reorder(apart);
  std::u32string out;
  std::size_t base = std::u32string::npos;  // where the last character of class 0 stands in `out`
  for (const char32_t c : apart) {
    const std::int32_t own = combining_class(c);
    if (base != std::u32string::npos) {
      // A mark of the same class, or any starter, in between keeps the two apart.
      const bool adjacent = base + 1 == out.size();
      const bool blocked = !adjacent && combining_class(out.back()) >= own;
      if (const char32_t whole = blocked ? 0 : composition(out[base], c)) {
        out[base] = whole;
        continue;
      }
    }
    if (own == 0) base = out.size();
    out += c;
  }
  return out;
}

std::string collapsed_whitespace(std::string_view utf8) {
  std::u32string out;
  for (const char32_t c : decoded(utf8)) {
    if (!is_space(c))
      out += c;
    else if (!out.empty() && out.back() != U' ')
      out += U' ';
  }
  if (!out.empty() && out.back() == U' ') out.pop_back();
  return encoded(out);
}

}  // namespace lvtino::unicode
