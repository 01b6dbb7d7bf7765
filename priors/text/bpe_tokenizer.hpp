#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "priors/text/token_rows.hpp"

namespace lvtino {

/// CLIP's tokenizer: byte-pair encoding (Sennrich, Haddow and Birch, "Neural machine translation of
/// rare words with subword units", ACL 2016) of the bytes of words.
///
/// Text is composed (NFC), white space becomes single spaces, letters lower case. Words are 's 't
/// 're 've 'm 'll 'd, runs of letters, single numbers, and runs of anything else that is not a
/// space. The special tokens "<|startoftext|>" and "<|endoftext|>" in a text stand for themselves.
/// This is what the tokenizer of transformers 5 does: nothing mends broken encodings or HTML
/// (prompt_cleaning.hpp does).
///
/// Immutable.
class BpeTokenizer {
 public:
  /// `vocabulary`: JSON object, token to id; ids must be 0 .. n - 1. `merges`: a first line of
  /// comment, then two tokens a line, what is merged first first. Throws IoError, SpecError naming
  /// the file, and the line of a bad merge.
  static BpeTokenizer read(const std::string& vocabulary, const std::string& merges);

  /// The same from the bytes of the files; the names are for messages.
  BpeTokenizer(const std::string& vocabulary, const std::string& vocabulary_name,
               const std::string& merges, const std::string& merges_name);

  /// Ids of a UTF-8 text, without start and end. Throws IoError for other bytes.
  std::vector<std::int64_t> ids(std::string_view text) const;

  /// Start, ids, end; cut to `length` with the end kept, and padded. SDXL's first tokenizer pads
  /// with the end token, 49407, its second with 0. Throws ShapeError unless length >= 2.
  TokenRows rows(const std::vector<std::string>& texts, std::int64_t pad,
                 std::int64_t length = 77) const;

  std::int64_t start() const { return start_; }
  std::int64_t end() const { return end_; }
  std::int64_t size() const { return size_; }

 private:
  struct Merge {
    std::int64_t rank, result;
  };

  void read_vocabulary(const std::string& bytes, const std::string& name);
  void read_merges(const std::string& bytes, const std::string& name);
  void append_plain(std::string_view text, std::vector<std::int64_t>& out) const;
  void append_word(std::string_view bytes, std::vector<std::int64_t>& out) const;

  std::unordered_map<std::string, std::int64_t> vocabulary_;
  std::map<std::pair<std::int64_t, std::int64_t>, Merge> merges_;
  /// Ids of each byte inside a word and at its end.
  std::vector<std::int64_t> inside_, last_;
  std::int64_t start_ = 0, end_ = 0, size_ = 0;
};

}  // namespace lvtino
