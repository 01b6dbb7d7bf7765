#pragma once

#include <set>
#include <string>
#include <string_view>

#include "priors/text/sentencepiece_model.hpp"

namespace lvtino {

/// How a SentencePiece model rewrites text before it is cut into pieces: by its table of characters
/// ("nmt_nfkc" and others; longest match first; a double-array trie, which the file holds ready),
/// then spaces: none twice nor at the ends (if the model says so), one in front, each written
/// U+2581.
class SentencePieceNormaliser {
 public:
  /// Throws IoError if the table is not one.
  SentencePieceNormaliser(const SentencePieceModel& model, const std::string& origin);

  /// `text` is UTF-8; so is the result, if the table's texts are.
  std::string operator()(std::string_view text) const;

 private:
  struct Rewritten {
    std::string_view text;
    std::size_t used;  ///< bytes of the argument
  };

  Rewritten first(std::string_view text) const;
  std::size_t user_defined_length(std::string_view text) const;

  std::vector<std::uint32_t> trie_;
  std::string texts_;
  std::set<std::string, std::less<>> user_defined_;
  std::size_t longest_user_defined_ = 0;
  bool suffix_, prefix_, remove_extra_, escape_;
};

/// Bytes of the UTF-8 character that `text` begins with; at most what is there.
std::size_t character_length(std::string_view text);

}  // namespace lvtino
