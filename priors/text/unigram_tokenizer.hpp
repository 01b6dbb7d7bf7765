#pragma once

#include <unordered_map>

#include "priors/text/sentencepiece_model.hpp"
#include "priors/text/sentencepiece_normaliser.hpp"
#include "priors/text/token_rows.hpp"

namespace lvtino {

/// SentencePiece's unigram tokenizer (Kudo, "Subword regularization", ACL 2018), umT5's: the cut of
/// the normalised text into pieces whose scores add up to most. A character in no piece is unknown:
/// its bytes if the model has pieces for them, else one unknown token for each run of such.
///
/// Immutable. Scores are added in float32, as the published tokenizer adds them.
class UnigramTokenizer {
 public:
  /// Throws IoError that names the file.
  static UnigramTokenizer read(const std::string& path);
  /// `origin` names the model in messages.
  UnigramTokenizer(SentencePieceModel model, const std::string& origin);

  /// Ids of a UTF-8 text, without the end. Throws IoError for other bytes.
  std::vector<std::int64_t> ids(std::string_view text) const;

  /// Ids and the end token, cut to `length` with the end kept, and padded. Throws ShapeError unless
  /// length >= 1, NotSupportedError if the model has no end or no pad piece.
  TokenRows rows(const std::vector<std::string>& texts, std::int64_t length = 512) const;

  std::int64_t size() const { return std::int64_t(model_.pieces.size()); }

 private:
  struct Node {
    std::int64_t id = -1;
    std::size_t begin = 0;
    float score = 0;
  };
  std::vector<Node> best_path(std::string_view text) const;
  float score_of(std::int64_t id, std::size_t length) const;
  std::int64_t control(const std::string& piece) const;

  SentencePieceModel model_;
  std::string origin_;
  SentencePieceNormaliser normaliser_;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  /// Pieces that text is cut into.
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> usable_;
  std::size_t longest_ = 0;
  float least_score_ = 0, most_score_ = 0;
  std::int64_t unknown_ = 0;
  std::vector<std::int64_t> bytes_;
};

}  // namespace lvtino
