#include "lvtino/device/fused_use.hpp"

#include "lvtino/device/fused_steps.hpp"
#include "priors/nn/fused.hpp"

namespace lvtino::device {
namespace {

// On libtorch's stream, which is the order in which it uses the arrays. Both see the same device: a
// process has one context on it.
class Steps final : public nn::DeviceSteps {
 public:
  void run(const kernels::ModulatedNorm& s, void* stream) const override { on(stream, s); }
  void run(const kernels::RmsNormed& s, void* stream) const override { on(stream, s); }
  void run(const kernels::GatedSum& s, void* stream) const override { on(stream, s); }
  void run(const kernels::Geglu& s, void* stream) const override { on(stream, s); }
  void run(const kernels::GroupNormed& s, void* stream) const override { on(stream, s); }

 private:
  template <class Step>
  static void on(void* stream, const Step& step) {
    device::run(step, Stream(stream));
  }
};

}  // namespace

void use_fused_steps() {
  static const Steps steps;
  nn::use_device_steps(steps);
}

}  // namespace lvtino::device
