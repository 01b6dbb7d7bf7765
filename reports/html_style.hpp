#pragma once

#include <string_view>

namespace lvtino::html {

/// The style sheet of the page: light and dark, from 320 px on, nothing fetched.
std::string_view style_sheet();

}  // namespace lvtino::html
