#include "solvers/tv_line.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// A line slope b + offset.
struct Line {
  double slope, offset;
  double root_of(double value) const { return (value - offset) / slope; }
  double at(double b) const { return slope * b + offset; }
};

// Where the line of a piecewise linear function changes, and by how much.
struct Knot {
  double at;
  Line change;
};

// The derivative of the best cost of all samples so far as a function of the last one's value, with
// its far left and far right line; it increases.
class Message {
 public:
  Message(std::size_t n, double first) : knots_(2 * n), head_(n), tail_(n) { left_ = right_ = {1, -first}; }

  /// Where the function meets -lambda: what lies to the left of it becomes the constant -lambda.
  double cut_left(double lambda) {
    const double at = find_left(-lambda);
    knots_[--head_] = {at, {left_.slope, left_.offset + lambda}};
    left_ = {0, -lambda};
    return at;
  }

  double cut_right(double lambda) {
    while (tail_ > head_ && right_.at(knots_[tail_ - 1].at) > lambda) {
      right_.slope -= knots_[tail_ - 1].change.slope, right_.offset -= knots_[tail_ - 1].change.offset;
      --tail_;
    }
    const double at = right_.root_of(lambda);
    knots_[tail_++] = {at, {-right_.slope, lambda - right_.offset}};
    right_ = {0, lambda};
    return at;
  }

  void add(double y) {
    left_.slope += 1, left_.offset -= y;
    right_.slope += 1, right_.offset -= y;
  }

  double root() { return find_left(0); }

 private:
  double find_left(double value) {
    while (head_ < tail_ && left_.at(knots_[head_].at) < value) {
      left_.slope += knots_[head_].change.slope, left_.offset += knots_[head_].change.offset;
      ++head_;
    }
    return left_.root_of(value);
  }

  std::vector<Knot> knots_;
  std::size_t head_, tail_;
  Line left_, right_;
};

}  // namespace

std::vector<double> tv_denoised_line(const std::vector<double>& y, double lambda) {
  if (!(lambda >= 0) || !std::isfinite(lambda))
    throw NumericalError(text("total variation on a line: expected lambda >= 0, got ", lambda));
  if (y.size() < 2 || lambda == 0) return y;
  const std::size_t n = y.size();
  std::vector<double> low(n), high(n), x(n);
  Message message(n + 1, y[0]);
  for (std::size_t i = 0; i + 1 < n; ++i) {
    low[i] = message.cut_left(lambda), high[i] = message.cut_right(lambda);
    message.add(y[i + 1]);
  }
  x[n - 1] = message.root();
  for (std::size_t i = n - 1; i-- > 0;) x[i] = std::min(high[i], std::max(low[i], x[i + 1]));
  return x;
}

Tensor tv_denoised_axis(const Tensor& x, std::int64_t axis, double lambda) {
  const Tensor lines = x.to(at::kDouble).movedim(axis, -1).clone(at::MemoryFormat::Contiguous);
  const std::int64_t n = lines.size(-1);
  double* const data = lines.mutable_data_ptr<double>();
  for (std::int64_t k = 0; k < lines.numel() / std::max<std::int64_t>(n, 1); ++k) {
    const auto out = tv_denoised_line({data + k * n, data + (k + 1) * n}, lambda);
    std::copy(out.begin(), out.end(), data + k * n);
  }
  return lines.movedim(-1, axis).to(x.scalar_type()).contiguous();
}

}  // namespace lvtino
