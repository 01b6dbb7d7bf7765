#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lvtino {

/// A unigram model of SentencePiece (Kudo and Richardson, EMNLP 2018) as its file holds it.
struct SentencePieceModel {
  enum class Type { normal = 1, unknown, control, user_defined, unused, byte };
  struct Piece {
    std::string text;
    float score = 0;
    Type type = Type::normal;
  };

  std::vector<Piece> pieces;  ///< by id
  bool byte_fallback = false;
  bool whitespace_as_suffix = false;
  std::string end_piece = "</s>", pad_piece = "<pad>";

  std::string normaliser = "";  ///< its name, for messages
  std::string charsmap;         ///< rewriting rules: a double-array trie and the texts it points to
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

/// Reads spiece.model. The file is not trusted: lengths, field numbers and wire types are checked,
/// as are that the model is of the unigram kind, has one unknown piece, no piece twice, finite
/// scores and, with byte fallback, all 256 bytes. Throws IoError that names the file and the byte.
SentencePieceModel read_sentencepiece_model(const std::string& path);

/// The same from memory; `origin` names the bytes in messages.
SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& origin);

}  // namespace lvtino
