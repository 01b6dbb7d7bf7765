#pragma once

#include <ostream>
#include <string>

namespace lvtino::device {

/// Times the kernels on videos of `size` ("small", "clip", "hd", "all": the last two) by the
/// device's clock and prints a row each: seconds, bytes that must move, their rate, and its share
/// of the rate at which the device copies a video (read and write counted).
void measure(const std::string& size, std::ostream& out);

}  // namespace lvtino::device
