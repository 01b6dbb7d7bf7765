#include "reports/html_text.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/image_file.hpp"

namespace lvtino::html {
namespace {

template <class... Values>
std::string printed(const char* format, Values... values) {
  char out[64];
  std::snprintf(out, sizeof out, format, values...);
  return out;
}

// Length of the UTF-8 sequence at `at`, 0 if it is broken.
std::size_t sequence_length(std::string_view s, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned first = byte(at);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || at + length > s.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  return length;
}

}  // namespace

std::string escape(std::string_view plain) {
  std::string out;
  for (std::size_t at = 0; at < plain.size();) {
    const std::size_t length = sequence_length(plain, at);
    const char c = plain[at];
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    if (length == 0 || control || c == 0x7F)
      out += '?';
    else if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += plain.substr(at, length);
    at += std::max<std::size_t>(1, length);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? kDigits[word >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string data_uri(const Tensor& image) {
  const EncodedImage encoded = encode_for_html(image);
  return "data:" + encoded.mime + ";base64," + base64(encoded.bytes);
}

std::string show(const Json& value) {
  if (value.is_null()) return "–";
  if (value.is_string()) {
    const std::string words = value.get<std::string>();
    return words.empty() ? "–" : escape(words);
  }
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return printed("%.4g", value.get<double>());
  if (value.is_array() && !value.empty() &&
      std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); })) {
    std::string out;
    for (const Json& entry : value) out += (out.empty() ? "" : ", ") + show(entry);
    return "[" + out + "]";
  }
  return escape(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string notes(const Json& list) {
  std::string out;
  for (const Json& note : list) out += "<li>" + show(note) + "</li>";
  return out.empty() ? "" : "<ul class=\"notes\">" + out + "</ul>";
}

const Json& value_or_null(const Json& object, const std::string& key) {
  static const Json null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

std::string fixed(double value, int digits) { return printed("%.*f", digits, value); }

std::string bytes_in_words(double bytes) {
  if (bytes >= 1e9) return printed("%.2f GB", bytes / 1e9);
  return printed("%.0f MB", bytes / 1e6);
}

std::string seconds_in_words(double seconds) {
  if (seconds < 1) return printed("%.0f ms", 1000 * seconds);
  if (seconds < 120) return printed("%.1f s", seconds);
  const long long whole = std::llround(seconds);
  if (whole < 7200) return printed("%lld min %lld s", whole / 60, whole % 60);
  return printed("%lld h %lld min", whole / 3600, whole / 60 % 60);
}

}  // namespace lvtino::html
