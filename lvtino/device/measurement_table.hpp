#pragma once

#include <algorithm>
#include <functional>
#include <iomanip>
#include <ostream>
#include <string>

#include "lvtino/device/runtime.hpp"

namespace lvtino::device {

/// Rows of kernels: microseconds, bytes that must move, their rate, its share of the first row's,
/// which is a copy.
class MeasurementTable {
 public:
  MeasurementTable(const Stream& stream, const std::string& title, std::ostream& out)
      : stream_(stream), out_(out) {
    out_ << "\n"
         << title << "\n"
         << std::left << std::setw(34) << "kernel" << std::right << std::setw(12) << "microsec"
         << std::setw(12) << "MB" << std::setw(10) << "GB/s" << std::setw(8) << "share\n";
  }

  /// The least of `kRounds` mean times of `kRepeats` runs one after the other.
  void add(const std::string& kernel, double bytes, const std::function<void()>& once) {
    constexpr int kRounds = 5, kRepeats = 8;
    once(), once();
    double least = 1e300;
    for (int round = 0; round < kRounds; ++round)
      least = std::min(least, stream_.seconds([&] {
        for (int k = 0; k < kRepeats; ++k) once();
      }) / kRepeats);
    const double rate = bytes / least;
    if (roof_ == 0) roof_ = rate;
    out_ << std::left << std::setw(34) << kernel << std::right << std::fixed << std::setprecision(1)
         << std::setw(12) << 1e6 * least << std::setw(12) << 1e-6 * bytes << std::setw(10)
         << 1e-9 * rate << std::setprecision(3) << std::setw(7) << rate / roof_ << std::defaultfloat
         << std::endl;
  }

 private:
  const Stream& stream_;
  std::ostream& out_;
  double roof_ = 0;  // the first row: the copy
};

/// The kernels of the published networks at the sizes of a 25 x 768 x 1280 video (or, for "small",
/// of a small one), bfloat16.
void measure_fused(const Stream& stream, const std::string& size, std::ostream& out);

}  // namespace lvtino::device
