#pragma once

#include <string>
#include <vector>

#include "reports/figures.hpp"

namespace lvtino::html {

/// One section a group, in the order of their first figures, its figures side by side.
std::string figure_sections(const std::vector<Figure>& figures);

}  // namespace lvtino::html
