#include "priors/text/sentencepiece_model.hpp"

#include <cstring>
#include <set>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

namespace lvtino {
namespace {

constexpr std::size_t kMostPieces = 1 << 24;

/// One field of a message of protocol buffers.
struct Field {
  std::uint64_t number = 0;
  int wire = 0;             ///< 0 integer, 1 eight bytes, 2 bytes, 5 four bytes
  std::uint64_t value = 0;  ///< of integers and fixed-size fields
  std::string_view bytes;
  std::size_t at = 0;  ///< in the file
};

/// Fields of a message, one after the other.
class Message {
 public:
  Message(std::string_view bytes, std::size_t at, const std::string& origin)
      : bytes_(bytes), at_(at), origin_(origin) {}

  bool next(Field& field) {
    if (bytes_.empty()) return false;
    field = {};
    field.at = at_;
    const std::uint64_t key = varint();
    field.number = key >> 3;
    field.wire = int(key & 7);
    if (field.number == 0) refuse("field 0");
    switch (field.wire) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.value = fixed(4);
        break;
      default:
        refuse(text("wire type ", field.wire));
    }
    return true;
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw IoError(text(origin_, ": not a SentencePiece model: ", why, " at byte ", at_));
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size())
      refuse(text("a length of ", count, " where ", bytes_.size(), " bytes are left"));
    const std::string_view out = bytes_.substr(0, std::size_t(count));
    bytes_.remove_prefix(out.size());
    at_ += out.size();
    return out;
  }

  std::uint64_t fixed(std::size_t count) {
    std::uint64_t out = 0;
    const std::string_view bytes = take(count);
    for (std::size_t i = count; i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[i]);
    return out;
  }

  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      out |= std::uint64_t(byte & 0x7F) << std::min(shift, 63);
      if (byte < 0x80) return out;
    }
    refuse("an integer of more than ten bytes");
  }

  std::string_view bytes_;
  std::size_t at_;
  const std::string& origin_;
};

/// Reads the fields of a message. Fields that nobody knows are passed over.
class Reader {
 public:
  Reader(Message message) : message_(std::move(message)) {}
  bool next() { return message_.next(field_); }
  std::uint64_t number() const { return field_.number; }
  std::uint64_t integer() const { return of_wire(0).value; }
  bool flag() const { return integer() != 0; }
  std::string_view bytes() const { return of_wire(2).bytes; }
  std::string string() const { return std::string(bytes()); }
  float real() const {
    const auto bits = std::uint32_t(of_wire(5).value);
    float out;
    std::memcpy(&out, &bits, sizeof out);
    return out;
  }
  std::size_t inside() const { return field_.at; }
  [[noreturn]] void refuse(const std::string& why) const { message_.refuse(why); }

 private:
  const Field& of_wire(int wire) const {
    if (field_.wire != wire)
      message_.refuse(
          text("field ", field_.number, " has wire type ", field_.wire, ", not ", wire));
    return field_;
  }
  Message message_;
  Field field_;
};

using Piece = SentencePieceModel::Piece;
using Type = SentencePieceModel::Type;

Piece read_piece(Reader reader) {
  Piece piece;
  while (reader.next()) {
    if (reader.number() == 1) piece.text = reader.string();
    if (reader.number() == 2) piece.score = reader.real();
    if (reader.number() == 3) {
      if (reader.integer() < 1 || reader.integer() > 6)
        reader.refuse(text("a piece of type ", reader.integer()));
      piece.type = Type(reader.integer());
    }
  }
  if (piece.text.empty()) reader.refuse("a piece without text");
  if (!std::isfinite(piece.score)) reader.refuse("a score that is not finite");
  return piece;
}

void read_trainer(Reader reader, SentencePieceModel& model) {
  while (reader.next()) switch (reader.number()) {
      case 3:
        if (reader.integer() != 1)
          reader.refuse(text("expected a unigram model (1), got kind ", reader.integer()));
        break;
      case 24:
        model.whitespace_as_suffix = reader.flag();
        break;
      case 35:
        model.byte_fallback = reader.flag();
        break;
      case 47:
        model.end_piece = reader.string();
        break;
      case 48:
        model.pad_piece = reader.string();
        break;
      default:
        break;
    }
}

void read_normaliser(Reader reader, SentencePieceModel& model) {
  while (reader.next()) switch (reader.number()) {
      case 1:
        model.normaliser = reader.string();
        break;
      case 2:
        model.charsmap = reader.string();
        break;
      case 3:
        model.add_dummy_prefix = reader.flag();
        break;
      case 4:
        model.remove_extra_whitespaces = reader.flag();
        break;
      case 5:
        model.escape_whitespaces = reader.flag();
        break;
      default:
        break;
    }
}

void check(const SentencePieceModel& model, const std::string& origin) {
  const auto refuse = [&](const std::string& why) {
    throw IoError(text(origin, ": not a SentencePiece model: ", why));
  };
  std::set<std::string_view> seen;
  int unknown = 0, bytes = 0;
  for (const Piece& piece : model.pieces) {
    if (!seen.insert(piece.text).second) refuse(text("the piece ", piece.text, " is there twice"));
    unknown += piece.type == Type::unknown;
    bytes += piece.type == Type::byte;
  }
  if (unknown != 1) refuse(text("expected one unknown piece, got ", unknown));
  if (model.byte_fallback && bytes != 256) refuse(text("expected 256 byte pieces, got ", bytes));
}

}  // namespace

SentencePieceModel read_sentencepiece_model(const std::string& path) {
  return parse_sentencepiece_model(read_file(path), path);
}

SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& origin) {
  SentencePieceModel model;
  Reader reader(Message(bytes, 0, origin));
  while (reader.next()) {
    if (reader.number() < 1 || reader.number() > 3) continue;
    const Reader inner(Message(reader.bytes(), reader.inside(), origin));
    if (reader.number() == 1) {
      if (model.pieces.size() == kMostPieces) reader.refuse("too many pieces");
      model.pieces.push_back(read_piece(inner));
    }
    if (reader.number() == 2) read_trainer(inner, model);
    if (reader.number() == 3) read_normaliser(inner, model);
  }
  check(model, origin);
  return model;
}

}  // namespace lvtino
