#include "priors/text/unigram_tokenizer.hpp"

#include "lvtino/core/error.hpp"
#include "priors/text/unicode.hpp"

namespace lvtino {
namespace {

using Type = SentencePieceModel::Type;

constexpr float kUnknownPenalty = 10;

/// "<0x41>" to 0x41, or -1.
int byte_of(const std::string& piece) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  if (piece.size() != 6 || piece.compare(0, 3, "<0x") != 0 || piece[5] != '>') return -1;
  const int high = digit(piece[3]), low = digit(piece[4]);
  return high < 0 || low < 0 ? -1 : 16 * high + low;
}

}  // namespace

UnigramTokenizer UnigramTokenizer::read(const std::string& path) {
  return {read_sentencepiece_model(path), path};
}

UnigramTokenizer::UnigramTokenizer(SentencePieceModel model, const std::string& origin)
    : model_(std::move(model)), origin_(origin), normaliser_(model_, origin) {
  bytes_.assign(256, -1);
  bool any = false;
  for (std::size_t i = 0; i < model_.pieces.size(); ++i) {
    const auto& [piece, score, type] = model_.pieces[i];
    if (type == Type::unknown) unknown_ = std::int64_t(i);
    if (type == Type::byte) {
      if (byte_of(piece) < 0) throw IoError(text(origin, ": expected a byte piece, got ", piece));
      bytes_[std::size_t(byte_of(piece))] = std::int64_t(i);
    }
    if (type == Type::normal) {
      least_score_ = any ? std::min(least_score_, score) : score;
      most_score_ = any ? std::max(most_score_, score) : score;
      any = true;
    }
    if (type != Type::normal && type != Type::user_defined) continue;
    usable_[piece] = std::int64_t(i);
    longest_ = std::max(longest_, piece.size());
  }
  for (const std::int64_t id : bytes_)
    if (model_.byte_fallback && id < 0)
      throw IoError(text(origin, ": a byte has no piece, another has two"));
}

float UnigramTokenizer::score_of(std::int64_t id, std::size_t length) const {
  const auto& piece = model_.pieces[std::size_t(id)];
  // Symbols of the user are worth more than any cut of them.
  return piece.type == Type::user_defined ? float(float(length) * most_score_ - 0.1) : piece.score;
}

/// For each end of a piece, the piece on the best way to there.
std::vector<UnigramTokenizer::Node> UnigramTokenizer::best_path(std::string_view text) const {
  std::vector<Node> best(text.size() + 1);
  const auto offer = [&](std::size_t begin, std::size_t length, std::int64_t id, float score) {
    Node& there = best[begin + length];
    const float sum = score + best[begin].score;
    if (there.id < 0 || sum > there.score) there = {id, begin, sum};
  };
  for (std::size_t begin = 0; begin < text.size(); begin += character_length(text.substr(begin))) {
    const std::size_t character = character_length(text.substr(begin));
    bool alone = false;
    for (std::size_t n = 1; n <= std::min(longest_, text.size() - begin); ++n) {
      const auto found = usable_.find(text.substr(begin, n));
      if (found == usable_.end()) continue;
      offer(begin, n, found->second, score_of(found->second, n));
      alone = alone || n == character;
    }
    if (!alone) offer(begin, character, unknown_, least_score_ - kUnknownPenalty);
  }
  return best;
}

std::vector<std::int64_t> UnigramTokenizer::ids(std::string_view utf8) const {
  unicode::decoded(utf8);  // refuses what is not UTF-8
  const std::string text = normaliser_(utf8);
  const std::vector<Node> best = best_path(text);
  std::vector<std::pair<std::int64_t, std::string_view>> pieces;
  for (std::size_t end = text.size(); end > 0; end = best[end].begin)
    pieces.emplace_back(best[end].id,
                        std::string_view(text).substr(best[end].begin, end - best[end].begin));
  std::reverse(pieces.begin(), pieces.end());
  std::vector<std::int64_t> out;
  bool after_unknown = false;
  for (const auto& [id, piece] : pieces) {
    const bool unknown = id == unknown_;
    if (unknown && model_.byte_fallback) {
      for (const char c : piece) out.push_back(bytes_[static_cast<unsigned char>(c)]);
    } else if (!(unknown && after_unknown)) {
      out.push_back(id);
    }
    after_unknown = unknown;
  }
  return out;
}

std::int64_t UnigramTokenizer::control(const std::string& piece) const {
  for (std::size_t i = 0; i < model_.pieces.size(); ++i)
    if (model_.pieces[i].text == piece) return std::int64_t(i);
  throw NotSupportedError(text(origin_, ": the model has no piece ", piece));
}

TokenRows UnigramTokenizer::rows(const std::vector<std::string>& texts, std::int64_t length) const {
  if (length < 1) throw ShapeError(text("tokens: expected a length of 1 at least, got ", length));
  const std::int64_t end = control(model_.end_piece), pad = control(model_.pad_piece);
  std::vector<std::vector<std::int64_t>> out;
  for (const std::string& one : texts) {
    std::vector<std::int64_t> row = ids(one);
    row.resize(std::min(row.size(), std::size_t(length - 1)));
    row.push_back(end);
    out.push_back(std::move(row));
  }
  return padded_rows(out, length, pad);
}

}  // namespace lvtino
