{
  "variables": {
    "strict%": 0,
    # Not "asan": Node's own configuration has a variable of that name.
    "address_sanitizer%": 0
  },
  "targets": [
    {
      "target_name": "libvirt_napi",
      # gyp would drop the leading "lib" of a target's name, but not of this.
      "product_name": "libvirt",
      "sources": [
        "src/addon.cc",
        "src/core/call.cc",
        "src/core/callback.cc",
        "src/core/class_names.cc",
        "src/core/decode.cc",
        "src/core/descriptor.cc",
        "src/core/environment.cc",
        "src/core/error.cc",
        "src/core/event_loop.cc",
        "src/core/event_queue.cc",
        "src/core/executor.cc",
        "src/core/function.cc",
        "src/core/handle.cc",
        "src/core/lane.cc",
        "src/core/lane_handles.cc",
        "src/core/nudge.cc",
        "src/core/params_in.cc",
        "src/core/process_end.cc",
        "src/core/runtime.cc",
        "src/core/stale_source.cc",
        "src/core/stream_events.cc",
        "src/core/stream_file.cc",
        "src/core/stream_memory.cc",
        "src/core/stream_pump.cc",
        "src/core/stream_ready.cc",
        "src/core/stream_writer.cc",
        "src/core/typed_params.cc",
        "src/core/unserved.cc",
        "src/core/values.cc",
        "src/objects/admin.cc",
        "src/objects/connection.cc",
        "src/objects/credentials.cc",
        "src/objects/domain.cc",
        "src/objects/domain_block.cc",
        "src/objects/domain_checkpoint.cc",
        "src/objects/domain_devices.cc",
        "src/objects/domain_guest.cc",
        "src/objects/domain_jobs.cc",
        "src/objects/domain_lxc.cc",
        "src/objects/domain_misc.cc",
        "src/objects/domain_qemu.cc",
        "src/objects/domain_snapshot.cc",
        "src/objects/domain_stats.cc",
        "src/objects/domain_streams.cc",
        "src/objects/domain_tuning.cc",
        "src/objects/domain_vcpu.cc",
        "src/objects/event_payload.cc",
        "src/objects/event_registry.cc",
        "src/objects/events.cc",
        "src/objects/events_qemu.cc",
        "src/objects/host.cc",
        "src/objects/interface.cc",
        "src/objects/network.cc",
        "src/objects/network_port.cc",
        "src/objects/node_device.cc",
        "src/objects/nwfilter.cc",
        "src/objects/nwfilter_binding.cc",
        "src/objects/secret.cc",
        "src/objects/storage_pool.cc",
        "src/objects/storage_vol.cc",
        "src/objects/stream.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_CPP_EXCEPTIONS",
        # Else an exception in a worker that is being ended ends the whole process.
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20", "-std=gnu++1y"],
      "cflags_cc": ["-std=c++20", "-fvisibility=hidden", "-Wall", "-Wextra", "<!@(pkg-config --cflags libvirt)"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CFLAGS": ["<!@(pkg-config --cflags libvirt)"]
      },
      "conditions": [
        ["strict==1", {
          "cflags_cc": [
            "-Werror", "-Wpedantic", "-Wshadow", "-Wconversion",
            # Over -I, so that the headers of node-addon-api are not held to our flags.
            "-isystem", "<!(node -p \"require('path').dirname(require.resolve('node-addon-api/package.json'))\")"
          ]
        }],
        ["address_sanitizer==1", {
          "cflags_cc": ["-fsanitize=address", "-fno-omit-frame-pointer", "-O1", "-g"],
          "ldflags": ["-fsanitize=address"]
        }],
        ["OS=='linux'", {
          "sources": ["src/core/event_loop_epoll.cc"],
          "actions": [
            {
              "action_name": "stub",
              "inputs": ["tools/stub.mjs", "src/generated/functions.tsv"],
              "outputs": [
                "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt.so.0",
                "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt-qemu.so.0",
                "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt-lxc.so.0",
                "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt-admin.so.0"
              ],
              "action": ["node", "tools/stub.mjs", "<(SHARED_INTERMEDIATE_DIR)/stub"]
            }
          ],
          # no-as-needed: a library whose functions are all weak would be left out, and they would seem to be absent.
          # nodelete: Node unloads an addon that only a worker had loaded, while our threads still run in it.
          "ldflags": ["-Wl,-z,nodelete", "-Wl,--no-as-needed"],
          "libraries": [
            "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt.so.0",
            "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt-qemu.so.0",
            "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt-lxc.so.0",
            "<(SHARED_INTERMEDIATE_DIR)/stub/libvirt-admin.so.0"
          ]
        }, {
          "sources": ["src/core/event_loop_default.cc"],
          "libraries": ["<!@(pkg-config --libs libvirt libvirt-qemu libvirt-lxc libvirt-admin)"]
        }]
      ]
    }
  ]
}
