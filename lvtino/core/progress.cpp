#include "lvtino/core/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lvtino {

Progress::Progress(bool enabled) : enabled_(enabled && ::isatty(STDERR_FILENO)) {}

Progress::~Progress() { clear(); }

void Progress::show(double fraction, const std::string& what) {
  if (!enabled_) return;
  constexpr int kWidth = 30;
  const int filled = int(std::clamp(fraction, 0.0, 1.0) * kWidth + 0.5);
  const std::string bar = std::string(std::size_t(filled), '=') + std::string(std::size_t(kWidth - filled), ' ');
  std::fprintf(stderr, "\r\x1b[K[%s] %3d %%  %s", bar.c_str(), int(fraction * 100 + 0.5), what.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace lvtino
