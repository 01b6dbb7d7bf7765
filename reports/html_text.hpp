#pragma once

#include <string>
#include <string_view>

#include "lvtino/core/json.hpp"
#include "lvtino/core/tensor.hpp"

/// Small pieces of HTML that the parts of the page share.
namespace lvtino::html {

/// & < > " ' replaced, so that the text can stand in an element or a quoted attribute; control
/// characters and broken UTF-8 become question marks.
std::string escape(std::string_view plain);

std::string base64(std::string_view bytes);

/// "data:image/png;base64,..." of [3, H, W] in [0, 1].
std::string data_uri(const Tensor& image);

/// A JSON value in a cell: numbers with 4 significant digits, null and empty text as a dash,
/// strings escaped, objects and arrays in compact form.
std::string show(const Json& value);

/// A list of remarks; nothing where there are none.
std::string notes(const Json& list);

/// The value at `key`, or null.
const Json& value_or_null(const Json& object, const std::string& key);

/// With `digits` behind the point.
std::string fixed(double value, int digits);

/// "1.21 GB".
std::string bytes_in_words(double bytes);

/// "41 ms", "3.2 s", "5 min 20 s".
std::string seconds_in_words(double seconds);

}  // namespace lvtino::html
