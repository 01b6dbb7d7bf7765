#pragma once

#include <cstdint>
#include <span>

/// Properties of characters, in the order of their code points.
namespace lvtino::unicode {

struct Range {
  char32_t first, last;
};
/// Every `step`-th of first .. last has its lower case `offset` further on.
struct CaseRun {
  char32_t first, last;
  std::int32_t step, offset;
};
struct ClassRun {
  char32_t first, last;
  std::int32_t combining_class;
};
/// A character that is two; `composes` unless the two stay apart in composed text.
struct Pair {
  char32_t whole, first, second;
  std::int32_t composes;
};
/// A character that stands for another one.
struct Single {
  char32_t from, to;
};

/// A character and the up to three that are usual in its place; 0 where there are fewer.
struct Form {
  char32_t from, to[3];
};

std::span<const Range> letters();  ///< categories L*
std::span<const Range> numbers();  ///< categories N*
std::span<const CaseRun> lower_cases();
std::span<const ClassRun> combining_classes();  ///< those that are not 0
std::span<const Pair> canonical_pairs();        ///< without Hangul syllables
std::span<const Single> canonical_singles();
std::span<const Form> usual_forms();  ///< of Latin ligatures, of half and full width characters

}  // namespace lvtino::unicode
