// `homeport up` starts this after the API and says where that is.
export default {
  server: {
    proxy: {
      "/api": {
        target: process.env.API_URL,
        changeOrigin: true, // the API answers to its own name only
        rewrite: (path) => path.replace(/^\/api/, ""),
      },
    },
  },
};
