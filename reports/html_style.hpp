#pragma once

#include <string>
#include <string_view>

namespace lvtino::html {

/// The style sheet of the page: light and dark, from 320 px on, nothing fetched.
std::string_view style_sheet();

/// A whole page: its title, HTML already, also as heading; what stands below that in the header;
/// the rest.
std::string page(const std::string& title, const std::string& header, const std::string& body);

}  // namespace lvtino::html
